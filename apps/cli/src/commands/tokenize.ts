import { openTokenizer } from "@realizar/formats";
import type { Io } from "../io.ts";

/** Prints the ids of a text: separated by spaces, or a JSON array. No special tokens are added. */
export async function tokenize(
  io: Io,
  model: string,
  text: string,
  flags: { format: "text" | "json" },
): Promise<void> {
  const tokenizer = await openTokenizer(model);
  const ids = tokenizer.encode(text, { addSpecial: false });
  io.out(`${flags.format === "json" ? JSON.stringify(ids) : ids.join(" ")}\n`);
}
