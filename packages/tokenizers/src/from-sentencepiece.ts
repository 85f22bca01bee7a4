import { endOfGenerationIds } from "./end-of-generation.ts";
import { TokenizerFileError, UnknownKindError, VocabularyError } from "./errors.ts";
import { protobufFields } from "./protobuf.ts";
import { tokenizerFromModel } from "./sentencepiece-model.ts";
import { TOKEN_TYPE } from "./token-attributes.ts";
import type { SpecialIds, Tokenizer } from "./tokenizer.ts";
import { configOf } from "./tokenizer-json/config.ts";
import { MAX_VOCABULARY, vocabularyFromList } from "./vocabulary.ts";

/** Field numbers of google/sentencepiece src/sentencepiece_model.proto. */
const MODEL = { pieces: 1, trainer: 2, normalizer: 3 } as const;
const PIECE = { text: 1, score: 2, type: 3 } as const;
const TRAINER = {
  modelType: 3,
  spaceAsSuffix: 24,
  byteFallback: 35,
  unk: 40,
  bos: 41,
  eos: 42,
  pad: 43,
  unkSurface: 44,
} as const;
const NORMALIZER = { charsmap: 2, addDummyPrefix: 3, removeExtraSpaces: 4, escapeSpaces: 5 } as const;
const ALGORITHMS: Readonly<Record<number, "unigram" | "bpe">> = { 1: "unigram", 2: "bpe" };

type Fields = ReadonlyMap<number, number | Uint8Array>;

const decoder = new TextDecoder();

/** Classes of transformers that frame texts when their config does not say. */
const FRAMES: readonly (readonly [RegExp, { bos: boolean; eos: boolean }])[] = [
  [/^(?:Code)?(?:Llama|Gemma)\d*Tokenizer/, { bos: true, eos: false }],
  [/^T5Tokenizer/, { bos: false, eos: true }],
];

/**
 * A tokenizer from a SentencePiece `.model` file (BPE or unigram).
 *
 * @param config the parsed tokenizer_config.json; without it `addSpecial` adds nothing, as in SentencePiece itself
 * @throws TokenizerFileError, UnknownKindError, VocabularyError, CharsmapError
 */
export function tokenizerFromSentencePiece(bytes: Uint8Array, config?: unknown): Tokenizer {
  const texts: string[] = [];
  const scores: number[] = [];
  const types: number[] = [];
  let trainer: Fields = new Map();
  let normalizer: Fields = new Map();
  for (const { number, value } of protobufFields(bytes, "the SentencePiece model")) {
    if (number === MODEL.pieces) {
      if (texts.length >= MAX_VOCABULARY)
        throw new VocabularyError("pieces", `are more than ${MAX_VOCABULARY}`);
      const piece = fieldsOf(value, `pieces[${texts.length}]`);
      texts.push(textAt(piece, PIECE.text) ?? "");
      scores.push(floatAt(piece, PIECE.score));
      types.push(numberAt(piece, PIECE.type, TOKEN_TYPE.normal));
    } else if (number === MODEL.trainer) trainer = fieldsOf(value, "trainer_spec");
    else if (number === MODEL.normalizer) normalizer = fieldsOf(value, "normalizer_spec");
  }
  const vocabulary = vocabularyFromList(texts, { unique: true });
  const modelType = numberAt(trainer, TRAINER.modelType, 1);
  const algorithm = ALGORITHMS[modelType];
  if (!algorithm) {
    throw new UnknownKindError(
      "SentencePiece model type",
      String(modelType),
      "Known are 1 (unigram) and 2 (BPE).",
    );
  }

  const idAt = (field: number, fallback: number): number | undefined => {
    const id = numberAt(trainer, field, fallback);
    return id < vocabulary.size ? id : undefined; // -1 is absent and comes as a huge varint
  };
  const settings = configOf(config, vocabulary);
  const special = present({
    unk: types.indexOf(TOKEN_TYPE.unknown) >= 0 ? types.indexOf(TOKEN_TYPE.unknown) : idAt(TRAINER.unk, 0),
    bos: idAt(TRAINER.bos, 1),
    eos: idAt(TRAINER.eos, 2),
    pad: trainer.has(TRAINER.pad) ? idAt(TRAINER.pad, 0) : undefined,
    ...settings.special,
  });
  const defaults = FRAMES.find(([name]) => name.test(settings.className))?.[1];
  const addBos = settings.addBos ?? defaults?.bos ?? false;
  const addEos = settings.addEos ?? defaults?.eos ?? false;
  const charsmap = normalizer.get(NORMALIZER.charsmap);
  return tokenizerFromModel({
    algorithm,
    vocabulary,
    scores,
    types,
    special,
    endOfGeneration: endOfGenerationIds(vocabulary, special),
    ...(charsmap instanceof Uint8Array && charsmap.length > 0 ? { precompiledCharsmap: charsmap } : {}),
    addDummyPrefix: numberAt(normalizer, NORMALIZER.addDummyPrefix, 1) !== 0,
    removeExtraSpaces: numberAt(normalizer, NORMALIZER.removeExtraSpaces, 1) !== 0,
    escapeSpaces: numberAt(normalizer, NORMALIZER.escapeSpaces, 1) !== 0,
    spaceAsSuffix: numberAt(trainer, TRAINER.spaceAsSuffix, 0) !== 0,
    byteFallback: numberAt(trainer, TRAINER.byteFallback, 0) !== 0,
    before: addBos && special.bos !== undefined ? [special.bos] : [],
    after: addEos && special.eos !== undefined ? [special.eos] : [],
    unknownSurface: textAt(trainer, TRAINER.unkSurface) ?? " \u2047 ",
  });
}

/** Later fields of the same number win, as in protocol buffers. */
function fieldsOf(value: number | Uint8Array, path: string): Fields {
  if (typeof value === "number") throw new TokenizerFileError(path, "is a number, not a message");
  const fields = new Map<number, number | Uint8Array>();
  for (const field of protobufFields(value, path)) fields.set(field.number, field.value);
  return fields;
}

function textAt(fields: Fields, number: number): string | undefined {
  const value = fields.get(number);
  return value instanceof Uint8Array ? decoder.decode(value) : undefined;
}

function numberAt(fields: Fields, number: number, fallback: number): number {
  const value = fields.get(number);
  return typeof value === "number" ? value : fallback;
}

function floatAt(fields: Fields, number: number): number {
  const value = fields.get(number);
  if (!(value instanceof Uint8Array) || value.length !== 4) return 0;
  return new DataView(value.buffer, value.byteOffset, 4).getFloat32(0, true);
}

function present(ids: Record<string, number | undefined>): SpecialIds {
  return Object.fromEntries(Object.entries(ids).filter(([, id]) => id !== undefined)) as SpecialIds;
}
