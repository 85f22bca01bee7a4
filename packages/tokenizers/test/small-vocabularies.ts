import { BYTE_CHARACTERS } from "../src/byte-alphabet.ts";
import { byteTokenText } from "../src/byte-tokens.ts";
import type { GgufVocabulary } from "../src/index.ts";
import { TOKEN_TYPE } from "../src/token-attributes.ts";

const GREETING_MERGES = [
  "h e",
  "l l",
  "he ll",
  "hell o",
  "Ġ w",
  "o r",
  "Ġw or",
  "l d",
  "Ġwor ld",
  "Ġ Ġ",
  "t h",
  "th e",
];

/** Byte-level BPE: 256 bytes, a dozen merges, an end of text, a user-defined token. */
export function smallByteLevel(more: Partial<GgufVocabulary> = {}): GgufVocabulary {
  const merged = GREETING_MERGES.map((merge) => merge.replace(" ", ""));
  const tokens = [...BYTE_CHARACTERS, ...merged, "<|endoftext|>", "<tool>"];
  return {
    model: "gpt2",
    pre: "gpt-2",
    tokens,
    tokenTypes: tokens.map((text) =>
      text === "<|endoftext|>"
        ? TOKEN_TYPE.control
        : text === "<tool>"
          ? TOKEN_TYPE.userDefined
          : TOKEN_TYPE.normal,
    ),
    merges: GREETING_MERGES,
    bosId: tokens.length - 2,
    eosId: tokens.length - 2,
    ...more,
  };
}

const PIECES = [
  "▁",
  "h",
  "e",
  "l",
  "o",
  "w",
  "r",
  "d",
  "he",
  "ll",
  "hell",
  "hello",
  "▁hello",
  "▁w",
  "or",
  "▁wor",
  "ld",
  "▁world",
];

/** SentencePiece with byte tokens; scores prefer earlier pieces. */
export function smallSentencePiece(more: Partial<GgufVocabulary> = {}): GgufVocabulary {
  const bytes = Array.from({ length: 256 }, (_, byte) => byteTokenText(byte));
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...PIECES];
  return {
    model: "llama",
    tokens,
    scores: tokens.map((_, id) => (id < 259 ? 0 : 259 - id - 1)),
    tokenTypes: tokens.map((_, id) => {
      if (id === 0) return TOKEN_TYPE.unknown;
      if (id < 3) return TOKEN_TYPE.control;
      return id < 259 ? TOKEN_TYPE.byte : TOKEN_TYPE.normal;
    }),
    bosId: 1,
    eosId: 2,
    unkId: 0,
    ...more,
  };
}

/** Unigram without byte tokens. */
export function smallUnigram(more: Partial<GgufVocabulary> = {}): GgufVocabulary {
  const tokens = ["<pad>", "</s>", "<unk>", ...PIECES, "<extra>"];
  return {
    model: "t5",
    tokens,
    scores: tokens.map((text, id) => (id < 3 ? 0 : -12 + text.length)),
    tokenTypes: tokens.map((text, id) => {
      if (id === 2) return TOKEN_TYPE.unknown;
      if (id < 2) return TOKEN_TYPE.control;
      return text === "<extra>" ? TOKEN_TYPE.userDefined : TOKEN_TYPE.normal;
    }),
    eosId: 1,
    unkId: 2,
    padId: 0,
    ...more,
  };
}

/** WordPiece with GGUF's marks. */
export function smallBert(more: Partial<GgufVocabulary> = {}): GgufVocabulary {
  const tokens = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "▁hello",
    "▁wor",
    "ld",
    "▁!",
    "▁,",
    "▁cafe",
    "s",
    "▁漢",
  ];
  return {
    model: "bert",
    tokens,
    tokenTypes: tokens.map((_, id) => (id < 5 ? TOKEN_TYPE.control : TOKEN_TYPE.normal)),
    bosId: 2,
    clsId: 2,
    sepId: 3,
    padId: 0,
    unkId: 1,
    maskId: 4,
    ...more,
  };
}
