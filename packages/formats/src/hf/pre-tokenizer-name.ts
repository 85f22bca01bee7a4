import type { JsonObject } from "../folder.ts";

/** What marks a tokenizer.json's pre-tokenizer, as its JSON text contains it, and llama.cpp's name for it. */
interface Signature {
  readonly name: string;
  readonly contains: readonly string[];
  /** Value of model.ignore_merges, where it matters. */
  readonly ignoreMerges?: boolean;
}

const CASED = String.raw`\\p{Lu}\\p{Lt}`;
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const DIGITS_BY_THREE = String.raw`\\p{N}{1,3}`;
const DIGITS_ALONE = String.raw`|\\p{N}|`;

/** The most particular first. Patterns: src/llama-vocab.cpp of llama.cpp. */
const SIGNATURES: readonly Signature[] = [
  { name: "gpt-4o", contains: [CASED, DIGITS_BY_THREE, "'s|'t|'re"] },
  { name: "tekken", contains: [CASED, DIGITS_ALONE] },
  { name: "llama-bpe", contains: [CONTRACTIONS, DIGITS_BY_THREE], ignoreMerges: true },
  { name: "dbrx", contains: [CONTRACTIONS, DIGITS_BY_THREE] },
  { name: "qwen2", contains: [CONTRACTIONS, DIGITS_ALONE] },
  { name: "falcon", contains: ['"Punctuation"', '"ByteLevel"', '"Digits"', "[0-9][0-9][0-9]"] },
  { name: "smollm", contains: ['"Digits"', '"individual_digits":true', '"ByteLevel"'] },
];

/** Steps beside ByteLevel that change how words are cut. */
const OTHER_STEPS = /"type":"(?!ByteLevel|Sequence)/;

/** llama.cpp's name for the pre-tokenizer of a byte-level tokenizer.json; undefined where none is known. */
export function preTokenizerName(tokenizer: JsonObject, model: JsonObject): string | undefined {
  const text = JSON.stringify(tokenizer.pre_tokenizer ?? null);
  const signature = SIGNATURES.find(
    ({ contains, ignoreMerges }) =>
      contains.every((part) => text.includes(part)) &&
      (ignoreMerges === undefined || ignoreMerges === (model.ignore_merges === true)),
  );
  if (signature) return signature.name;
  return OTHER_STEPS.test(text) || text.includes('"use_regex":false') ? undefined : "gpt-2";
}
