// The interface

export type {
  DecodeOptions,
  EncodeOptions,
  GgufVocabulary,
  SpecialIds,
  StreamDecoder,
  Tokenizer,
} from "./tokenizer.ts";

// Where tokenizers come from

export { type CharacterOptions, characterTokenizer } from "./character.ts";
export { tokenizerFromGguf } from "./from-gguf.ts";
export { tokenizerFromSentencePiece } from "./from-sentencepiece.ts";
export { type TokenizerJsonOptions, tokenizerFromTokenizerJson } from "./from-tokenizer-json.ts";
export { tokenizerFromVocabAndMerges, type VocabAndMergesOptions } from "./from-vocab-and-merges.ts";
export { tokenizerFromVocabTxt, type VocabTxtOptions } from "./from-vocab-txt.ts";
export { ggufVocabulary, type MetadataEntry } from "./gguf-metadata.ts";

// Pre-tokenizers by name

export { PRE_TOKENIZER_NAMES } from "./pre-tokenizers/named.ts";

// Errors

export {
  CharsmapError,
  PatternError,
  TokenIdError,
  TokenizerError,
  TokenizerFileError,
  UnknownKindError,
  VocabularyError,
} from "./errors.ts";
