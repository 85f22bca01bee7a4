import { type AddedToken, addedTokenSplitters } from "./added-tokens.ts";
import { bytesThrough, chainSteps } from "./decoders/step.ts";
import { tidyTextStep, wordPieceStep } from "./decoders/steps.ts";
import { endOfGenerationIds } from "./end-of-generation.ts";
import { VocabularyError } from "./errors.ts";
import { wordPiece } from "./models/wordpiece.ts";
import { bertNormalizer } from "./normalizers/bert.ts";
import { tokenizerOf } from "./pipeline.ts";
import { splitBertWords } from "./pre-tokenizers/bert.ts";
import type { SpecialIds, Tokenizer } from "./tokenizer.ts";
import { textIds, vocabularyFromList } from "./vocabulary.ts";
import { cachedByWord } from "./word-cache.ts";

export interface VocabTxtOptions {
  /** Default true, for the uncased models. */
  readonly lowercase?: boolean;
  /** Default: as `lowercase`. */
  readonly stripAccents?: boolean;
  /** Put spaces around CJK ideographs. Default true. */
  readonly spaceChinese?: boolean;
  /** Default "##". */
  readonly continuingPrefix?: string;
  /** Longer words are unknown. Default 100. */
  readonly maxCharacters?: number;
  /** Texts of the special tokens, where they are not BERT's. */
  readonly specialTexts?: Partial<Readonly<Record<keyof SpecialIds, string>>>;
  /** Decoded text without spaces before English punctuation. Default true. */
  readonly tidySpaces?: boolean;
}

const BERT_TEXTS: Readonly<Partial<Record<keyof SpecialIds, string>>> = {
  unk: "[UNK]",
  cls: "[CLS]",
  sep: "[SEP]",
  pad: "[PAD]",
  mask: "[MASK]",
};

const encoder = new TextEncoder();

/**
 * BERT's WordPiece from a vocab.txt: one token a line, its id the line's number from 0.
 * @throws VocabularyError where the unknown token is missing or a token occurs twice
 */
export function tokenizerFromVocabTxt(text: string, options: VocabTxtOptions = {}): Tokenizer {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const vocabulary = vocabularyFromList(lines, { unique: true });
  const special: { -readonly [name in keyof SpecialIds]: SpecialIds[name] } = {};
  const added: AddedToken[] = [];
  const texts = { ...BERT_TEXTS, ...options.specialTexts };
  for (const [name, content] of Object.entries(texts) as [keyof SpecialIds, string][]) {
    const id = vocabulary.ids.get(content);
    if (id === undefined) continue;
    special[name] = id;
    added.push({ id, content, special: true, leftStrip: false, rightStrip: false, singleWord: false });
  }
  if (special.unk === undefined) throw new VocabularyError("the unknown token", `${texts.unk} is missing`);
  const control = new Set(added.map((token) => token.id));
  const lowercase = options.lowercase ?? true;
  const prefix = options.continuingPrefix ?? "##";
  const joined = wordPieceStep(prefix, true);
  return tokenizerOf({
    vocabulary,
    special,
    control,
    endOfGeneration: endOfGenerationIds(vocabulary, special),
    segment: addedTokenSplitters(added),
    normalize: bertNormalizer({
      cleanText: true,
      spaceChinese: options.spaceChinese ?? true,
      stripAccents: options.stripAccents ?? lowercase,
      lowercase,
    }),
    split: splitBertWords,
    encodeWord: cachedByWord(
      wordPiece({
        ids: textIds(vocabulary, control),
        unknownId: special.unk,
        continuingPrefix: prefix,
        maxCharacters: options.maxCharacters ?? 100,
      }),
    ),
    before: special.cls === undefined ? [] : [special.cls],
    after: special.sep === undefined ? [] : [special.sep],
    tokenBytes: (id) =>
      control.has(id) ? encoder.encode(vocabulary.texts[id]!) : bytesThrough(joined, vocabulary.texts[id]!),
    decodes: "texts",
    decoder: chainSteps([joined, ...((options.tidySpaces ?? true) ? [tidyTextStep] : [])]),
  });
}
