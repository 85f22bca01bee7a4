import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { byteTokenText } from "../src/byte-tokens.ts";
import {
  TokenizerError,
  TokenizerFileError,
  tokenizerFromSentencePiece,
  UnknownKindError,
  VocabularyError,
} from "../src/index.ts";
import { protobufFields } from "../src/protobuf.ts";
import { buildCharsmap } from "./charsmap-builder.ts";

/** Protocol buffers written by hand: varints, bytes and floats. */
const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
const number = (field: number, value: number) => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, value: ArrayLike<number>) => [
  ...varint(field * 8 + 2),
  ...varint(value.length),
  ...Array.from(value),
];
const text = (field: number, value: string) => bytes(field, new TextEncoder().encode(value));
const float = (field: number, value: number) => [
  ...varint(field * 8 + 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
];
const MINUS_ONE = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];

type Piece = readonly [piece: string, score: number, type?: number];
const PIECES: Piece[] = [
  ["<unk>", 0, 2],
  ["<s>", 0, 3],
  ["</s>", 0, 3],
  ["▁", -5],
  ["a", -6],
  ["b", -7],
  ["ab", -1],
  ["▁ab", -2],
];
const model = (pieces: readonly Piece[], trainer: number[] = [], normalizer: number[] = []) =>
  Uint8Array.from([
    ...pieces.flatMap(([piece, score, type]) =>
      bytes(1, [...text(1, piece), ...float(2, score), ...(type === undefined ? [] : number(3, type))]),
    ),
    ...bytes(2, trainer),
    ...bytes(3, normalizer),
    ...text(4, "self test data is passed over"),
  ]);
const BPE = number(3, 2);

describe("tokenizerFromSentencePiece", () => {
  test.each([
    ["unigram", number(3, 1)],
    ["the default", []],
    ["BPE", BPE],
  ])("%s", (_, trainer) => {
    const tokenizer = tokenizerFromSentencePiece(model(PIECES, trainer));
    expect(tokenizer.encode(" ab  abx")).toEqual([7, 7, 0]);
    expect(tokenizer.decode([1, 7, 7, 0, 2])).toBe("ab ab \u2047 ");
    expect(tokenizer.special).toEqual({ unk: 0, bos: 1, eos: 2 });
    expect([tokenizer.addBos, tokenizer.addEos]).toEqual([false, false]);
  });

  test("the normalizer and the trainer say how", () => {
    const encode = (trainer: number[], normalizer: number[], input: string) => {
      const tokenizer = tokenizerFromSentencePiece(model(PIECES, [...BPE, ...trainer], normalizer));
      return tokenizer.encode(input).map((id) => tokenizer.tokenText(id));
    };
    expect(encode([], [...number(3, 0)], "ab ab")).toEqual(["ab", "▁ab"]);
    expect(encode([], [...number(4, 0)], "ab  ab")).toEqual(["▁ab", "▁", "▁ab"]);
    expect(encode([], bytes(2, buildCharsmap({ X: "ab" })), "X")).toEqual(["▁ab"]);
    expect(encode(number(24, 1), [], "ab")).toEqual(["ab", "▁"]);
    const surface = tokenizerFromSentencePiece(model(PIECES, [...BPE, ...text(44, "?")]));
    expect(surface.decode([7, 0])).toBe("ab?");
    const without = model(PIECES, [...BPE, ...varint(41 * 8), ...MINUS_ONE, ...number(43, 2)]);
    expect(tokenizerFromSentencePiece(without).special).toEqual({ unk: 0, eos: 2, pad: 2 });
  });

  test("byte fallback", () => {
    const all = [...PIECES, ...Array.from({ length: 256 }, (_, byte): Piece => [byteTokenText(byte), 0, 6])];
    for (const algorithm of [BPE, []]) {
      const tokenizer = tokenizerFromSentencePiece(model(all, [...algorithm, ...number(35, 1)]));
      expect(tokenizer.encode("é")).toEqual([3, 8 + 0xc3, 8 + 0xa9]);
      expect(tokenizer.decode(tokenizer.encode("é"))).toBe("é");
    }
  });

  test("the config frames", () => {
    const frame = (config: object) => tokenizerFromSentencePiece(model(PIECES, BPE), config).encode("ab");
    expect(frame({ tokenizer_class: "LlamaTokenizer" })).toEqual([1, 7]);
    expect(frame({ tokenizer_class: "T5Tokenizer" })).toEqual([7, 2]);
    expect(frame({ add_bos_token: true, add_eos_token: true })).toEqual([1, 7, 2]);
    expect(frame({ tokenizer_class: "LlamaTokenizer", add_bos_token: false })).toEqual([7]);
  });
});

describe("bad models", () => {
  const good = model(PIECES, BPE);
  test.each<[string, Uint8Array, new (...given: never[]) => Error]>([
    ["nothing", new Uint8Array(), VocabularyError],
    ["a word model", model(PIECES, number(3, 3)), UnknownKindError],
    ["a piece twice", model([...PIECES, ["a", 0]], BPE), VocabularyError],
    ["a score NaN", model([["<unk>", Number.NaN, 2]], BPE), VocabularyError],
    [
      "a bad byte token",
      model(
        [
          ["<unk>", 0, 2],
          ["<0xZZ>", 0, 6],
        ],
        BPE,
      ),
      VocabularyError,
    ],
    ["a piece that is a number", Uint8Array.from(number(1, 5)), TokenizerFileError],
    ["a field numbered 0", Uint8Array.of(0), TokenizerFileError],
    ["an unknown wire type", Uint8Array.of(8 + 3), TokenizerFileError],
    ["an overlong number", Uint8Array.from([8, ...new Array<number>(11).fill(0xff)]), TokenizerFileError],
    ["a length beyond the end", Uint8Array.of(10, 0xff, 0xff, 0xff, 0xff, 0x0f), TokenizerFileError],
    ["a fixed number cut off", Uint8Array.of(8 + 1, 0, 0), TokenizerFileError],
  ])("%s", (_, input, kind) => {
    expect(() => tokenizerFromSentencePiece(input)).toThrow(kind);
  });

  test("every cut and every flipped bit gives a tokenizer or a named error", () => {
    const tries: Uint8Array[] = [];
    for (let length = 0; length < good.length; length++) tries.push(good.slice(0, length));
    for (let bit = 0; bit < good.length * 8; bit++) {
      const flipped = good.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      tries.push(flipped);
    }
    for (const input of tries) {
      try {
        tokenizerFromSentencePiece(input).encode("ab xy");
      } catch (error) {
        expect(error).toBeInstanceOf(TokenizerError);
      }
    }
  });

  test("random bytes too", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (input) => {
        try {
          tokenizerFromSentencePiece(input);
        } catch (error) {
          expect(error).toBeInstanceOf(TokenizerError);
        }
      }),
    );
  });

  test("protobufFields reads every wire type", () => {
    const fields = [
      ...protobufFields(
        Uint8Array.from([...number(1, 300), ...text(2, "a"), 25, 1, 2, 3, 4, 5, 6, 7, 8, ...float(4, 1)]),
        "x",
      ),
    ];
    expect(fields.map((field) => field.number)).toEqual([1, 2, 3, 4]);
    expect(fields[0]!.value).toBe(300);
  });
});
