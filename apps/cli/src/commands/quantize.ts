import { MIX_NAMES, type MixName } from "@realizar/gguf";
import { UnknownTypeError } from "../errors.ts";
import type { Io } from "../io.ts";
import { quantizedModel, quantizedTypes } from "../write-model.ts";
import { rewriteModel } from "./rewrite-model.ts";

/** Names under which llama.cpp knows a mix as well. Source: QUANT_OPTIONS of tools/quantize/quantize.cpp. */
const ALIASES: Readonly<Record<string, MixName>> = {
  Q3_K: "Q3_K_M",
  Q4_K: "Q4_K_M",
  Q5_K: "Q5_K_M",
};

/** @throws UnknownTypeError */
export function mixOf(text: string): MixName {
  const name = text.toUpperCase();
  const mix = ALIASES[name] ?? MIX_NAMES.find((known) => known === name);
  if (mix === undefined) throw new UnknownTypeError(text, MIX_NAMES);
  return mix;
}

/** Writes a model with its weights in another type, from a GGUF file or a Hugging Face folder. */
export async function quantize(io: Io, input: string, output: string, type: string): Promise<void> {
  const mix = mixOf(type);
  await rewriteModel(io, "quantizing", input, output, async (checkpoint) => {
    const already = quantizedTypes(checkpoint);
    if (already.length > 0)
      io.err(
        `${input} is quantized already (${already.join(", ")}): the result is worse than one made from F16 or F32\n`,
      );
    return quantizedModel(checkpoint, mix);
  });
}
