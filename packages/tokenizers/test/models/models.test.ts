import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VocabularyError } from "../../src/errors.ts";
import { bpe } from "../../src/models/bpe.ts";
import { resolveMerges, splitMerge } from "../../src/models/merge-list.ts";
import { sentencePieceBpe } from "../../src/models/sentencepiece-bpe.ts";
import { unigram } from "../../src/models/unigram.ts";
import { wordPiece } from "../../src/models/wordpiece.ts";
import { vocabularyFromList } from "../../src/vocabulary.ts";

const none: ReadonlySet<number> = new Set();

describe("bpe", () => {
  const vocabulary = vocabularyFromList(["<unk>", "a", "b", "c", "ab", "abc", "##b", "##c", "a##"]);
  const merges = resolveMerges(
    vocabulary,
    [
      ["a", "b"],
      ["ab", "c"],
    ],
    none,
  );

  test("merges in order of rank", () => {
    expect(bpe({ vocabulary, merges })("abcab")).toEqual([5, 4]);
  });
  test("unknown characters: left out, one each, or fused", () => {
    expect(bpe({ vocabulary, merges })("axyb")).toEqual([4]);
    expect(bpe({ vocabulary, merges, unknownId: 0 })("axyb")).toEqual([1, 0, 0, 2]);
    expect(bpe({ vocabulary, merges, unknownId: 0, fuseUnknown: true })("axyb")).toEqual([1, 0, 2]);
  });
  test("a whole word that is a token, unless it is a control token", () => {
    const unmerged = resolveMerges(vocabulary, [], none);
    expect(bpe({ vocabulary, merges: unmerged, ignoreMerges: true })("abc")).toEqual([5]);
    expect(bpe({ vocabulary, merges: unmerged, ignoreMerges: true, control: new Set([5]) })("abc")).toEqual([
      1, 2, 3,
    ]);
  });
  test("prefix and suffix", () => {
    const prefixed = vocabularyFromList(["a", "##b", "##c</w>", "a</w>", "ab", "abc</w>"]);
    const rules = resolveMerges(
      prefixed,
      [
        ["a", "##b"],
        ["ab", "##c</w>"],
      ],
      none,
      "##",
    );
    const encode = bpe({ vocabulary: prefixed, merges: rules, continuingPrefix: "##", endSuffix: "</w>" });
    expect(encode("abc")).toEqual([5]);
    expect(encode("a")).toEqual([3]);
  });
  test("bytes for what has no token", () => {
    const byteTokens = Int32Array.from({ length: 256 }, (_, byte) => 1000 + byte);
    expect(bpe({ vocabulary, merges, byteTokens })("aé")).toEqual([1, 1000 + 0xc3, 1000 + 0xa9]);
  });
  test("merges into control tokens are passed over", () => {
    expect(bpe({ vocabulary, merges: resolveMerges(vocabulary, [["a", "b"]], new Set([4])) })("ab")).toEqual([
      1, 2,
    ]);
  });
  test("refuses merges of unknown tokens and lines that are no merge", () => {
    expect(() => resolveMerges(vocabulary, [["a", "z"]], none)).toThrow(VocabularyError);
    expect(() => resolveMerges(vocabulary, [["b", "c"]], none)).toThrow("merges[0]");
    for (const line of ["ab", "", " ", "a ", " a"]) expect(() => splitMerge(line, 3)).toThrow("merges[3]");
    expect(splitMerge("  a", 0)).toEqual([" ", "a"]);
  });
});

describe("sentencePieceBpe", () => {
  const texts = ["<unk>", "a", "b", "c", "ab", "bc", "abc"];
  const tokens = {
    texts,
    ids: new Map(texts.slice(1).map((text, i) => [text, i + 1])),
    scores: [0, 0, 0, 0, -2, -1, -3],
    unused: new Set<number>(),
    unknownId: 0,
  };
  test("the best score first", () => {
    expect(sentencePieceBpe(tokens)("abc")).toEqual([6]);
    expect(sentencePieceBpe({ ...tokens, scores: [0, 0, 0, 0, -1, -2, -3] })("abcbc")).toEqual([6, 5]);
  });
  test("unused tokens are taken apart again", () => {
    expect(sentencePieceBpe({ ...tokens, unused: new Set([6]) })("abc")).toEqual([1, 5]);
    expect(sentencePieceBpe({ ...tokens, unused: new Set([5, 6]) })("abc")).toEqual([1, 2, 3]);
  });
  test("one unknown token a run, or bytes, or nothing", () => {
    expect(sentencePieceBpe(tokens)("axxyb")).toEqual([1, 0, 2]);
    const byteTokens = Int32Array.from({ length: 256 }, (_, byte) => 1000 + byte);
    expect(sentencePieceBpe({ ...tokens, byteTokens })("xé")).toEqual([1120, 1195, 1169]);
    expect(sentencePieceBpe({ ...tokens, unknownId: undefined })("axb")).toEqual([1, 2]);
  });
  test("a token of characters that are none", () => {
    const odd = sentencePieceBpe({ ...tokens, ids: new Map([["xy", 4]]), scores: [0, 0, 0, 0, 0, 0, 0] });
    expect(odd("xyx")).toEqual([4, 0]);
  });
});

describe("unigram", () => {
  const tokens = ["a", "b", "ab", "ba", "aba", "😀"].map((text, id) => ({ id, text, score: -1 - id / 10 }));
  const options = { tokens, unknownId: 99, unknownScore: -20 };

  test("finds the most probable segmentation", () => {
    const scoreOf = (ids: readonly number[]) => ids.reduce((sum, id) => sum + tokens[id]!.score, 0);
    const best = (text: string): number =>
      text === ""
        ? 0
        : Math.max(
            ...tokens
              .filter((token) => text.startsWith(token.text))
              .map((token) => token.score + best(text.slice(token.text.length))),
          );
    const word = fc.array(fc.constantFrom("a", "b"), { maxLength: 10 }).map((letters) => letters.join(""));
    fc.assert(
      fc.property(word, (text) => {
        const ids = unigram(options)(text);
        expect(ids.map((id) => tokens[id]!.text).join("")).toBe(text);
        expect(scoreOf(ids)).toBeCloseTo(best(text), 9);
      }),
    );
  });
  test("one unknown token a run, one each, bytes, or nothing", () => {
    expect(unigram(options)("axya😀")).toEqual([0, 99, 0, 5]);
    expect(unigram({ ...options, fuseUnknown: false })("axy")).toEqual([0, 99, 99]);
    expect(unigram({ ...options, unknownId: undefined })("axa")).toEqual([0, 0]);
    const byteTokens = Int32Array.from({ length: 256 }, (_, byte) => 1000 + byte);
    expect(unigram({ ...options, byteTokens })("aé")).toEqual([0, 1195, 1169]);
  });
});

describe("wordPiece", () => {
  const ids = new Map(["[UNK]", "un", "##aff", "##able", "##a", "una"].map((text, id) => [text, id]));
  const encode = wordPiece({ ids, unknownId: 0, continuingPrefix: "##", maxCharacters: 12 });
  test("the longest first", () => {
    expect(encode("unaffable")).toEqual([0]);
    expect(encode("unable")).toEqual([0]);
    expect(encode("unaaff")).toEqual([5, 2]);
    expect(encode("unaa")).toEqual([5, 4]);
  });
  test("words that are too long or not covered are unknown", () => {
    expect(encode("unaaaaaaaaaa")).toEqual([5, ...new Array<number>(9).fill(4)]);
    expect(encode("unaaaaaaaaaaa")).toEqual([0]);
    expect(encode("x")).toEqual([0]);
    expect(encode("😀".repeat(12))).toEqual([0]);
  });
});
