import { describe, expect, test } from "bun:test";
import { BYTE_CHARACTERS, spellBytes, unspellBytes } from "../src/byte-alphabet.ts";
import { byteOfToken, byteTokenIds, byteTokenText } from "../src/byte-tokens.ts";
import {
  characterTokenizer,
  tokenizerFromVocabAndMerges,
  tokenizerFromVocabTxt,
  UnknownKindError,
  VocabularyError,
} from "../src/index.ts";
import { pairTable } from "../src/pair-table.ts";
import { wordsBySpaceMark } from "../src/space-runs.ts";

describe("characterTokenizer", () => {
  test("one token a code point", () => {
    const tokenizer = characterTokenizer("héllo 😀");
    expect(tokenizer.vocabSize).toBe(6);
    expect(tokenizer.encode("hello 😀")).toEqual([0, 2, 2, 3, 4, 5]);
    expect(tokenizer.decode([0, 1, 2, 2, 3])).toBe("héllo");
    expect(tokenizer.tokenId("😀")).toBe(5);
  });
  test("special tokens follow the alphabet", () => {
    const special = { bos: "<s>", eos: "</s>", unk: "<?>", pad: "</s>" };
    const tokenizer = characterTokenizer(["a", "b"], { special, addBos: true, addEos: true });
    expect(tokenizer.special).toEqual({ bos: 2, eos: 3, unk: 4, pad: 3 });
    expect(tokenizer.encode("axb")).toEqual([2, 0, 4, 1, 3]);
    expect(tokenizer.encode("a</s>", { addSpecial: false, parseSpecial: true })).toEqual([0, 3]);
    expect([...tokenizer.endOfGeneration]).toEqual([3]);
    expect(tokenizer.decode([2, 0, 3])).toBe("a");
  });
  test("lone surrogates are U+FFFD", () => {
    const tokenizer = characterTokenizer("a\ud800");
    expect(tokenizer.encode("\udc00a")).toEqual([1, 0]);
    expect(tokenizer.decode([1])).toBe("\ufffd");
  });
  test("refuses an empty alphabet and special texts in it", () => {
    expect(() => characterTokenizer("")).toThrow(VocabularyError);
    expect(() => characterTokenizer("a", { special: { unk: "a" } })).toThrow(VocabularyError);
  });
});

describe("tokenizerFromVocabTxt", () => {
  const vocabulary = "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\nhello\r\n##s\r\n,\r\nÉ\r\n";
  test("BERT's rules", () => {
    const tokenizer = tokenizerFromVocabTxt(vocabulary);
    expect(tokenizer.encode("Hellos, nope")).toEqual([2, 4, 5, 6, 1, 3]);
    expect(tokenizer.decode([2, 4, 5, 6, 4, 3])).toBe("hellos, hello");
    expect(new TextDecoder().decode(tokenizer.tokenBytes(5))).toBe("s");
    expect(new TextDecoder().decode(tokenizer.tokenBytes(2))).toBe("[CLS]");
  });
  test("options", () => {
    const cased = tokenizerFromVocabTxt(vocabulary, {
      lowercase: false,
      spaceChinese: false,
      maxCharacters: 5,
    });
    expect(cased.encode("É hello hellos", { addSpecial: false })).toEqual([7, 4, 1]);
    const other = tokenizerFromVocabTxt("<u>\na\n@b", {
      specialTexts: { unk: "<u>" },
      continuingPrefix: "@",
      tidySpaces: false,
      stripAccents: true,
    });
    expect(other.encode("ÁB c")).toEqual([1, 2, 0]);
    expect(other.decode([1, 1])).toBe("a a");
  });
  test("refuses vocabularies without an unknown token, empty ones and doubles", () => {
    for (const bad of ["a\nb", "", "[UNK]\na\na"])
      expect(() => tokenizerFromVocabTxt(bad)).toThrow(VocabularyError);
  });
});

describe("tokenizerFromVocabAndMerges", () => {
  const vocab = Object.fromEntries([...BYTE_CHARACTERS, "he"].map((text, id) => [text, id]));
  test("vocab.json and merges.txt", () => {
    const tokenizer = tokenizerFromVocabAndMerges(vocab, ["#version: 0.2", "h e", ""], {
      preTokenizer: "gpt-2",
      special: { bos: 257, eos: 258 },
      controlTokens: { "<s>": 257, "</s>": 258 },
      addBos: true,
      addEos: true,
    });
    expect(tokenizer.encode("he")).toEqual([257, 256, 258]);
    expect(tokenizer.isSpecial(257)).toBeTrue();
    expect(tokenizer.decode([257, 256])).toBe("he");
  });
  test("refuses gaps, unknown names and unknown tokens", () => {
    const options = { preTokenizer: "gpt-2" };
    expect(() => tokenizerFromVocabAndMerges({ a: 0, b: 2 }, [], options)).toThrow(VocabularyError);
    expect(() => tokenizerFromVocabAndMerges(vocab, [], { preTokenizer: "?" })).toThrow(UnknownKindError);
    expect(() => tokenizerFromVocabAndMerges(vocab, ["x yz"], options)).toThrow(VocabularyError);
    expect(() => tokenizerFromVocabAndMerges(vocab, [], { ...options, special: { bos: 999 } })).toThrow(
      VocabularyError,
    );
  });
});

describe("spellings of bytes", () => {
  test("GPT-2's alphabet", () => {
    expect(new Set(BYTE_CHARACTERS).size).toBe(256);
    expect(spellBytes(" é\n")).toBe("ĠÃ©Ċ");
    expect(unspellBytes("ĠÃ©Ċ")).toEqual(new TextEncoder().encode(" é\n"));
    expect(unspellBytes("a b")).toBeUndefined();
    expect(unspellBytes("漢")).toBeUndefined();
  });
  test("byte tokens", () => {
    expect(byteOfToken("<0x0a>")).toBe(10);
    for (const bad of ["<0x-1>", "<0xZZ>", "<0x0>", "0x0A", "<0x0A> "])
      expect(byteOfToken(bad)).toBeUndefined();
    expect(byteTokenIds((text) => byteOfToken(text))?.[255]).toBe(255);
    expect(byteTokenIds((text) => (text === byteTokenText(7) ? undefined : 0))).toBeUndefined();
  });
});

describe("pairTable", () => {
  test("finds what was stored first, and nothing else", () => {
    const table = pairTable(2000);
    for (let i = 0; i < 2000; i++) table.setIfAbsent(i * 65_537, i ^ 5, i);
    table.setIfAbsent(0, 5, 99);
    for (let i = 0; i < 2000; i++) {
      expect(table.get(i * 65_537, i ^ 5)).toBe(i);
      expect(table.get(i * 65_537 + 1, i ^ 5)).toBe(-1);
    }
    expect(pairTable(0).get(0, 0)).toBe(-1);
  });
});

describe("wordsBySpaceMark", () => {
  test("cuts where no token reaches across", () => {
    expect(wordsBySpaceMark(["▁", "a"])("▁a▁▁b▁")).toEqual(["▁a", "▁▁b", "▁"]);
    expect(wordsBySpaceMark(["▁", "a▁b"])("a▁b▁a")).toEqual(["a▁b", "▁a"]);
    expect(wordsBySpaceMark(["a"])("a▁b")).toEqual(["a▁b"]);
    expect(wordsBySpaceMark(["a"])("")).toEqual([]);
    expect(wordsBySpaceMark(["▁"])("")).toEqual([]);
  });
});
