import { VocabularyError } from "./errors.ts";
import { tokenizerFromGguf } from "./from-gguf.ts";
import { TOKEN_TYPE } from "./token-attributes.ts";
import type { SpecialIds, Tokenizer } from "./tokenizer.ts";
import { vocabularyFromEntries } from "./vocabulary.ts";

export interface VocabAndMergesOptions {
  /** How text is cut into words, by llama.cpp's names: "gpt-2", "llama-bpe", "qwen2" ... */
  readonly preTokenizer: string;
  readonly special?: SpecialIds;
  /** Control tokens by text, beyond the vocabulary or within it. */
  readonly controlTokens?: Readonly<Record<string, number>>;
  /** Default false. */
  readonly addBos?: boolean;
  /** Default false. */
  readonly addEos?: boolean;
}

/**
 * Byte-level BPE from vocab.json (or encoder.json) and the lines of merges.txt (or vocab.bpe); lines that are empty or
 * start with `#version` are passed over.
 *
 * @throws UnknownKindError for a pre-tokenizer this package does not know, VocabularyError
 */
export function tokenizerFromVocabAndMerges(
  vocab: Readonly<Record<string, number>>,
  merges: readonly string[],
  options: VocabAndMergesOptions,
): Tokenizer {
  const controlTokens = Object.entries(options.controlTokens ?? {});
  const { texts } = vocabularyFromEntries([...Object.entries(vocab), ...controlTokens]);
  const gap = texts.indexOf("");
  if (gap >= 0) throw new VocabularyError(`the id ${gap}`, "has no token");
  const control = new Set(controlTokens.map(([, id]) => id));
  for (const id of Object.values(options.special ?? {})) control.add(id);
  const { bos, eos, eot, unk, pad, sep, cls, mask } = options.special ?? {};
  return tokenizerFromGguf({
    model: "gpt2",
    pre: options.preTokenizer,
    tokens: texts,
    tokenTypes: texts.map((_, id) => (control.has(id) ? TOKEN_TYPE.control : TOKEN_TYPE.normal)),
    merges: merges.filter((line) => line !== "" && !line.startsWith("#version")),
    bosId: bos ?? -1,
    eosId: eos ?? -1,
    eotId: eot,
    unkId: unk,
    padId: pad,
    sepId: sep,
    clsId: cls,
    maskId: mask,
    addBos: options.addBos ?? false,
    addEos: options.addEos ?? false,
    addSep: false,
  });
}
