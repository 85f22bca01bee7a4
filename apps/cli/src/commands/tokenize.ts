import { openTokenizer, openTokenizerFrom } from "@realizar/formats";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import type { LocatedModel } from "./load-model.ts";

/** Prints the ids of a text: separated by spaces, or a JSON array. No special tokens are added. */
export async function tokenize(
  io: Io,
  model: LocatedModel,
  text: string | undefined,
  flags: { format: "text" | "json" },
): Promise<void> {
  if (text === undefined)
    throw new UsageError(
      'no text: give it as the second argument, as in: realizar tokenize MODEL "Once upon a time"',
    );
  const tokenizer = await (typeof model === "string"
    ? openTokenizer(model)
    : openTokenizerFrom({ "model.gguf": model }, "model.gguf"));
  const ids = tokenizer.encode(text, { addSpecial: false });
  io.out(`${flags.format === "json" ? JSON.stringify(ids) : ids.join(" ")}\n`);
}
