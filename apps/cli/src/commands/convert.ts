import type { Io } from "../io.ts";
import { convertedModel } from "../write-model.ts";
import { rewriteModel } from "./rewrite-model.ts";

/** Writes a Hugging Face folder (or any other model) as one GGUF file, its weights as they are. */
export async function convert(io: Io, input: string, output: string): Promise<void> {
  await rewriteModel(io, "converting", input, output, convertedModel);
}
