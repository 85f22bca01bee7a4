// The interface
export type {
  DecodeOptions,
  EncodeOptions,
  GgufVocabulary,
  SpecialIds,
  StreamDecoder,
  Tokenizer,
} from "./tokenizer.ts";
