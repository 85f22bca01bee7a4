import { byteTokenIds } from "../byte-tokens.ts";
import { TokenizerFileError, VocabularyError } from "../errors.ts";
import { bpe, type WordModel } from "../models/bpe.ts";
import { type MergePair, resolveMerges, splitMerge } from "../models/merge-list.ts";
import { UNKNOWN_PENALTY, unigram } from "../models/unigram.ts";
import { wordPiece } from "../models/wordpiece.ts";
import { textIds, type Vocabulary, vocabularyFromEntries, vocabularyFromList } from "../vocabulary.ts";
import {
  arrayAt,
  booleanAt,
  buildKind,
  integerAt,
  type JsonObject,
  type Kinds,
  objectAt,
  stringAt,
} from "./json.ts";

/** The model of a tokenizer.json. */
export interface JsonModel {
  readonly vocabulary: Vocabulary;
  readonly encode: WordModel;
  readonly unknownId?: number;
  /** A text may be cut where no token reaches across: what a word is does not depend on where it ends. */
  readonly cuttable: boolean;
}

function entriesAt(value: unknown, path: string): Vocabulary {
  const entries = Object.entries(objectAt(value, path));
  return vocabularyFromEntries(entries.map(([text, id]) => [text, id as number]));
}

function mergeAt(value: unknown, index: number): MergePair {
  if (typeof value === "string") return splitMerge(value, index);
  const [left, right, ...more] = arrayAt(value, `model.merges[${index}]`);
  if (typeof left === "string" && typeof right === "string" && more.length === 0) return [left, right];
  throw new VocabularyError(`merges[${index}]`, "is not a pair of tokens");
}

/** @throws VocabularyError where the text is no token */
function unknownIn(vocabulary: Vocabulary, text: string): number {
  const id = vocabulary.ids.get(text);
  if (id === undefined)
    throw new VocabularyError("unk_token", `is ${JSON.stringify(text)}, which is no token`);
  return id;
}

const kinds = (control: ReadonlySet<number>): Kinds<JsonModel> => ({
  BPE(node) {
    if (node.dropout !== undefined && node.dropout !== null && node.dropout !== 0) {
      throw new TokenizerFileError("model.dropout", "asks for random results; set it to null");
    }
    const vocabulary = entriesAt(node.vocab, "model.vocab");
    const prefix = stringAt(node.continuing_subword_prefix, "model.continuing_subword_prefix", "");
    const merges = arrayAt(node.merges, "model.merges").map(mergeAt);
    const unknownId =
      node.unk_token === undefined || node.unk_token === null
        ? undefined
        : unknownIn(vocabulary, stringAt(node.unk_token, "model.unk_token"));
    const fallsBack = booleanAt(node.byte_fallback, "model.byte_fallback", false);
    const suffix = stringAt(node.end_of_word_suffix, "model.end_of_word_suffix", "");
    const ignoreMerges = booleanAt(node.ignore_merges, "model.ignore_merges", false);
    return {
      vocabulary,
      unknownId,
      cuttable: prefix === "" && suffix === "" && !ignoreMerges,
      encode: bpe({
        vocabulary,
        merges: resolveMerges(vocabulary, merges, control, prefix),
        control,
        ignoreMerges,
        fuseUnknown: booleanAt(node.fuse_unk, "model.fuse_unk", false),
        unknownId,
        byteTokens: fallsBack ? byteTokenIds((text) => vocabulary.ids.get(text)) : undefined,
        continuingPrefix: prefix,
        endSuffix: suffix,
      }),
    };
  },
  Unigram(node) {
    const rows = arrayAt(node.vocab, "model.vocab").map((row, i) => {
      const [text, score] = arrayAt(row, `model.vocab[${i}]`);
      if (typeof score !== "number" || !Number.isFinite(score)) {
        throw new TokenizerFileError(`model.vocab[${i}]`, "has no score");
      }
      return { id: i, text: stringAt(text, `model.vocab[${i}]`), score };
    });
    const vocabulary = vocabularyFromList(rows.map((row) => row.text));
    const unknownId =
      node.unk_id === undefined || node.unk_id === null ? undefined : integerAt(node.unk_id, "model.unk_id");
    if (unknownId !== undefined && unknownId >= vocabulary.size) {
      throw new VocabularyError("unk_id", `is ${unknownId}, not in [0, ${vocabulary.size})`);
    }
    const fallsBack = booleanAt(node.byte_fallback, "model.byte_fallback", false);
    const lowest = rows.reduce((least, row) => Math.min(least, row.score), 0);
    return {
      vocabulary,
      unknownId,
      cuttable: true,
      encode: unigram({
        tokens: rows.filter((row) => !control.has(row.id)),
        unknownId,
        unknownScore: lowest - UNKNOWN_PENALTY,
        byteTokens: fallsBack ? byteTokenIds((text) => vocabulary.ids.get(text)) : undefined,
      }),
    };
  },
  WordPiece(node) {
    const vocabulary = entriesAt(node.vocab, "model.vocab");
    const unknownId = unknownIn(vocabulary, stringAt(node.unk_token, "model.unk_token", "[UNK]"));
    return {
      vocabulary,
      unknownId,
      cuttable: false,
      encode: wordPiece({
        ids: textIds(vocabulary, control),
        unknownId,
        continuingPrefix: stringAt(node.continuing_subword_prefix, "model.continuing_subword_prefix", "##"),
        maxCharacters: integerAt(node.max_input_chars_per_word, "model.max_input_chars_per_word", 100),
      }),
    };
  },
  WordLevel(node) {
    const vocabulary = entriesAt(node.vocab, "model.vocab");
    const unknownId = unknownIn(vocabulary, stringAt(node.unk_token, "model.unk_token", "<unk>"));
    const words = textIds(vocabulary, control);
    return { vocabulary, unknownId, cuttable: false, encode: (word) => [words.get(word) ?? unknownId] };
  },
});

/** Files of old leave `type` out. */
function typeOf(node: JsonObject): string {
  if (Array.isArray(node.merges)) return "BPE";
  if (node.continuing_subword_prefix !== undefined) return "WordPiece";
  return Array.isArray(node.vocab) ? "Unigram" : "WordLevel";
}

/**
 * @param control added tokens that plain text never becomes
 * @throws UnknownKindError, TokenizerFileError, VocabularyError
 */
export function modelAt(value: unknown, control: ReadonlySet<number>): JsonModel {
  const node = objectAt(value, "model");
  return buildKind("model", kinds(control), { ...node, type: node.type ?? typeOf(node) }, "model", 0);
}
