import type { SpecialIds } from "./tokenizer.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Texts of tokens after which a model has finished (llama.cpp src/llama-vocab.cpp, special_eog_ids). */
const END_TEXTS = [
  ...[
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
  ],
  ...["<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>"],
  ...["<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~["],
  ...["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<reponame>"],
  "<|file_sep|>",
];

/** Texts that name the end of a turn, the likeliest first. */
const TURN_END_TEXTS = [
  ...["<|eot_id|>", "<|im_end|>", "<end_of_turn>", "<|end|>", "<turn|>", "<|endoftext|>", "<|end_of_text|>"],
  ...["<EOT>", "_<EOT>", "[EOT]", "<｜end▁of▁sentence｜>", "<end_of_utterance>"],
];

/**
 * Where both of a group are there, the last is not an end: harmony and solar models end a message with `<|end|>`, gemma
 * 4 has `</s>` as a plain token.
 */
const NOT_AN_END: readonly (readonly string[])[] = [
  ["<|return|>", "<|call|>", "<|end|>"],
  ["<|calls|>", "<|flush|>", "<|end|>"],
  ["<|tool_response>", "</s>"],
];

/** The first id whose text names the end of a turn. */
export function endOfTurnId(vocabulary: Vocabulary): number | undefined {
  for (const text of TURN_END_TEXTS) {
    const id = vocabulary.ids.get(text);
    if (id !== undefined) return id;
  }
  return undefined;
}

/**
 * @param more further ids, such as the file's end-of-message id
 */
export function endOfGenerationIds(
  vocabulary: Vocabulary,
  special: SpecialIds,
  more: readonly (number | undefined)[] = [],
): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const text of END_TEXTS) {
    const id = vocabulary.ids.get(text);
    if (id !== undefined) ids.add(id);
  }
  for (const id of [special.eos, special.eot, ...more]) if (id !== undefined) ids.add(id);
  for (const group of NOT_AN_END) {
    if (group.every((text) => vocabulary.ids.has(text))) ids.delete(vocabulary.ids.get(group.at(-1)!)!);
  }
  return ids;
}
