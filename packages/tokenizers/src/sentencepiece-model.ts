import { type AddedToken, addedTokenSplitters } from "./added-tokens.ts";
import { byteOfToken, byteTokenIds, byteTokenText } from "./byte-tokens.ts";
import { chainSteps } from "./decoders/step.ts";
import { stripFirstSpaceStep } from "./decoders/steps.ts";
import { VocabularyError } from "./errors.ts";
import { sentencePieceBpe } from "./models/sentencepiece-bpe.ts";
import { UNKNOWN_PENALTY, unigram } from "./models/unigram.ts";
import { parseCharsmap } from "./normalizers/charsmap.ts";
import { SPACE_MARK, sentencePieceNormalizer } from "./normalizers/sentencepiece.ts";
import { tokenizerOf } from "./pipeline.ts";
import { wordsBySpaceMark } from "./space-runs.ts";
import { TOKEN_TYPE } from "./token-attributes.ts";
import type { SpecialIds, Tokenizer } from "./tokenizer.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { cachedByWord } from "./word-cache.ts";

/** A SentencePiece model, wherever it was read from. */
export interface SentencePieceModel {
  readonly algorithm: "bpe" | "unigram";
  readonly vocabulary: Vocabulary;
  /** One a token. */
  readonly scores: ArrayLike<number>;
  /** One a token, see TOKEN_TYPE. */
  readonly types: ArrayLike<number>;
  readonly special: SpecialIds;
  readonly endOfGeneration: ReadonlySet<number>;
  readonly precompiledCharsmap?: ArrayLike<number>;
  readonly addDummyPrefix: boolean;
  readonly removeExtraSpaces: boolean;
  readonly escapeSpaces: boolean;
  readonly spaceAsSuffix: boolean;
  /** Characters without a token become byte tokens. */
  readonly byteFallback: boolean;
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** What decode gives for the unknown token; without it the token counts as special. */
  readonly unknownSurface?: string;
  /** Added tokens that take white space with them. */
  readonly stripping?: (id: number) => { readonly left: boolean; readonly right: boolean };
}

const encoder = new TextEncoder();

/** @throws VocabularyError, CharsmapError */
export function tokenizerFromModel(model: SentencePieceModel): Tokenizer {
  const { vocabulary, types, scores, special, unknownSurface } = model;
  const typeOf = (id: number): number => types[id] ?? TOKEN_TYPE.normal;
  const control = new Set<number>();
  const unused = new Set<number>();
  const added: AddedToken[] = [];
  const textIds = new Map<string, number>();
  for (const [id, text] of vocabulary.texts.entries()) {
    const type = typeOf(id);
    if (!Number.isFinite(scores[id] ?? 0)) throw new VocabularyError(`scores[${id}]`, `is ${scores[id]}`);
    if (type === TOKEN_TYPE.control || (type === TOKEN_TYPE.unknown && unknownSurface === undefined))
      control.add(id);
    if (type === TOKEN_TYPE.unused) unused.add(id);
    if (type === TOKEN_TYPE.byte && byteOfToken(text) === undefined) {
      throw new VocabularyError(
        `tokens[${id}]`,
        `is the byte token ${JSON.stringify(text)}, not of the form <0x0A>`,
      );
    }
    if (type === TOKEN_TYPE.control || type === TOKEN_TYPE.unknown || type === TOKEN_TYPE.userDefined) {
      const strip = model.stripping?.(id);
      added.push({
        id,
        content: text,
        special: type !== TOKEN_TYPE.userDefined,
        leftStrip: strip?.left ?? false,
        rightStrip: strip?.right ?? false,
        singleWord: false,
      });
    }
    const isText =
      type === TOKEN_TYPE.normal || type === TOKEN_TYPE.userDefined || type === TOKEN_TYPE.unused;
    if (isText && text !== "" && !textIds.has(text)) textIds.set(text, id);
  }

  const byteTokens = model.byteFallback ? byteTokenIds((text) => vocabulary.ids.get(text)) : undefined;
  const unknownId = special.unk;
  if (byteTokens === undefined && unknownId === undefined) {
    throw new VocabularyError(
      "the unknown token",
      `is missing, and ${byteTokenText(0)} to ${byteTokenText(255)} are not all there`,
    );
  }

  const normalize = sentencePieceNormalizer({
    ...(model.precompiledCharsmap ? { charsmap: parseCharsmap(model.precompiledCharsmap) } : {}),
    addDummyPrefix: model.addDummyPrefix,
    removeExtraSpaces: model.removeExtraSpaces,
    escapeSpaces: model.escapeSpaces,
    spaceAsSuffix: model.spaceAsSuffix,
  });

  const wordModel =
    model.algorithm === "bpe"
      ? sentencePieceBpe({
          ids: textIds,
          scores,
          texts: vocabulary.texts,
          unused,
          byteTokens,
          unknownId,
        })
      : unigramOf(model, textIds, byteTokens);

  return tokenizerOf({
    vocabulary,
    special,
    control,
    endOfGeneration: model.endOfGeneration,
    segment: addedTokenSplitters(added),
    normalize,
    split: wordsBySpaceMark(textIds.keys()),
    encodeWord: cachedByWord(wordModel),
    before: model.before,
    after: model.after,
    tokenBytes(id) {
      const text = vocabulary.texts[id]!;
      const type = typeOf(id);
      if (type === TOKEN_TYPE.byte) return Uint8Array.of(byteOfToken(text)!);
      if (type === TOKEN_TYPE.unknown && unknownSurface !== undefined) return encoder.encode(unknownSurface);
      if (control.has(id) || type === TOKEN_TYPE.userDefined) return encoder.encode(text);
      return encoder.encode(text.replaceAll(SPACE_MARK, " "));
    },
    decodes: "bytes",
    decoder: model.addDummyPrefix && !model.spaceAsSuffix ? stripFirstSpaceStep : chainSteps([]),
  });
}

function unigramOf(model: SentencePieceModel, textIds: ReadonlyMap<string, number>, byteTokens?: Int32Array) {
  const { types, scores } = model;
  let lowest = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (const id of textIds.values()) {
    if ((types[id] ?? TOKEN_TYPE.normal) !== TOKEN_TYPE.normal) continue;
    const score = scores[id] ?? 0;
    lowest = Math.min(lowest, score);
    highest = Math.max(highest, score);
  }
  const length = (text: string) => encoder.encode(text).length;
  return unigram({
    // User-defined tokens win over any split of the same text (unigram_model.cc, EncodeOptimized).
    tokens: Array.from(textIds, ([text, id]) => ({
      id,
      text,
      score: types[id] === TOKEN_TYPE.userDefined ? length(text) * highest - 0.1 : (scores[id] ?? 0),
    })),
    unknownScore: lowest - UNKNOWN_PENALTY,
    unknownId: model.special.unk,
    byteTokens,
  });
}
