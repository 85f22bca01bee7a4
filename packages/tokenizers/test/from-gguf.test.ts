import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { byteTokenText } from "../src/byte-tokens.ts";
import {
  CharsmapError,
  type GgufVocabulary,
  ggufVocabulary,
  type MetadataEntry,
  TokenizerError,
  tokenizerFromGguf,
  UnknownKindError,
  VocabularyError,
} from "../src/index.ts";
import { TOKEN_TYPE } from "../src/token-attributes.ts";
import { buildCharsmap } from "./charsmap-builder.ts";
import { DATA, hasData, reason } from "./data.ts";
import { readMetadata } from "./gguf-metadata-reader.ts";
import { smallBert, smallByteLevel, smallSentencePiece, smallUnigram } from "./small-vocabularies.ts";

const texts = (vocabulary: GgufVocabulary, text: string, options = {}) => {
  const tokenizer = tokenizerFromGguf(vocabulary);
  return tokenizer.encode(text, options).map((id) => tokenizer.tokenText(id));
};

describe("tokenizerFromGguf", () => {
  test("byte-level BPE", () => {
    expect(texts(smallByteLevel(), "hello world<tool>")).toEqual(["hello", "Ġworld", "<tool>"]);
    expect(texts(smallByteLevel({ addBos: true }), "the")).toEqual(["<|endoftext|>", "t", "he"]);
    const sep = { pre: "roberta-bpe", sepId: 3 };
    expect(tokenizerFromGguf(smallByteLevel(sep)).encode("he").at(-1)).toBe(3);
  });

  test("SentencePiece BPE", () => {
    expect(texts(smallSentencePiece(), "hello world é")).toEqual([
      "<s>",
      "▁hello",
      "▁world",
      "▁",
      "<0xC3>",
      "<0xA9>",
    ]);
    expect(
      texts(smallSentencePiece({ addBos: false, addEos: true, addSpacePrefix: false }), "hello"),
    ).toEqual(["hello", "</s>"]);
    const tokenizer = tokenizerFromGguf(smallSentencePiece());
    expect(tokenizer.encode("hello</s>hello", { parseSpecial: true })).toEqual(
      [1, 2].flatMap((id) => [id, tokenizer.tokenId("▁hello")!]),
    );
    expect(tokenizer.decode(tokenizer.encode("hello world"))).toBe("hello world");
    expect(tokenizer.decode([tokenizer.tokenId("▁world")!], { continuation: true })).toBe(" world");
  });

  test("unigram", () => {
    expect(texts(smallUnigram(), "hello world")).toEqual(["▁hello", "▁world", "</s>"]);
    expect(texts(smallUnigram(), "hello<extra>xyz")).toEqual(["▁hello", "<extra>", "▁", "<unk>", "</s>"]);
    const mapped = smallUnigram({
      precompiledCharsmap: buildCharsmap({ X: "he" }),
      removeExtraWhitespaces: true,
    });
    expect(texts(mapped, "  Xllo  ")).toEqual(["▁hello", "</s>"]);
  });

  test("WordPiece", () => {
    const vocabulary = smallBert();
    expect(texts(vocabulary, "Hello, WORLDS! Café漢 nope")).toEqual([
      ...["[CLS]", "▁hello", "▁,", "▁wor", "ld", "s", "▁!", "▁cafe", "▁漢", "[UNK]", "[SEP]"],
    ]);
    const tokenizer = tokenizerFromGguf(vocabulary);
    expect(tokenizer.decode(tokenizer.encode("hello, worlds!"))).toBe("hello, worlds!");
    expect(texts(smallBert({ lowercase: false }), "Hello")).toEqual(["[CLS]", "[UNK]", "[SEP]"]);
    expect(texts(vocabulary, "[MASK] hello", { parseSpecial: true })[1]).toBe("[MASK]");
  });

  test("SentencePiece-like BPE with merges, as gemma 4", () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byteTokenText(byte));
    const tokens = ["<bos>", ...bytes, "▁", "a", "b", "ab", "▁ab", "\n", "\n\n"];
    const tokenizer = tokenizerFromGguf({
      model: "gemma4",
      tokens,
      tokenTypes: tokens.map((text) => (/^<0x/.test(text) ? TOKEN_TYPE.byte : TOKEN_TYPE.normal)),
      merges: ["a b", "▁ ab", "\n \n"],
      bosId: 0,
      addBos: false,
    });
    const encoded = tokenizer.encode("ab ab\n\né", { addSpecial: false });
    expect(encoded.map((id) => tokenizer.tokenText(id))).toEqual(["ab", "▁ab", "\n\n", "<0xC3>", "<0xA9>"]);
    expect(tokenizer.decode(encoded)).toBe("ab ab\n\né");
    expect(tokenizer.encode("")).toEqual([0]);
  });

  test("per-token attributes that files do not carry", () => {
    const phi = smallSentencePiece({ modelName: "Phi-3-mini" });
    expect(texts(phi, "</s> hello", { parseSpecial: true })).toEqual(["<s>", "</s>", "▁hello"]);
    expect(texts(smallSentencePiece(), "</s> hello", { parseSpecial: true })).toEqual([
      "<s>",
      "</s>",
      "▁",
      "▁hello",
    ]);
    const tokens = [...smallByteLevel().tokens, "<mask>"];
    const tokenTypes = tokens.map((text) => (text === "<mask>" ? TOKEN_TYPE.control : TOKEN_TYPE.normal));
    const jina = smallByteLevel({ pre: "jina-v2-code", tokens, tokenTypes });
    expect(texts(jina, "he <mask>", { parseSpecial: true })).toEqual(["he", "<mask>"]);
    const modern = smallBert({ modelName: "modern-bert" });
    expect(texts(modern, "hello [MASK]", { parseSpecial: true })).toEqual([
      "[CLS]",
      "▁hello",
      "[MASK]",
      "[SEP]",
    ]);
  });

  test("what ends a generation", () => {
    const ends = (more: string[], ids: Partial<GgufVocabulary> = {}) => {
      const { tokens, tokenTypes } = smallByteLevel();
      const types = [...(tokenTypes as number[]), ...more.map(() => TOKEN_TYPE.normal)];
      const tokenizer = tokenizerFromGguf(
        smallByteLevel({ tokens: [...tokens, ...more], tokenTypes: types, ...ids }),
      );
      return { tokenizer, texts: [...tokenizer.endOfGeneration].map((id) => tokenizer.tokenText(id)).sort() };
    };
    expect(ends(["<|im_end|>"]).texts).toEqual(["<|endoftext|>", "<|im_end|>"]);
    expect(ends(["<|im_end|>"]).tokenizer.isSpecial(270)).toBeTrue();
    expect(ends(["<|im_end|>"]).tokenizer.special.eot).toBe(270);
    expect(ends([], { eotId: 7, eomId: 8 }).texts).toHaveLength(3);
    expect(ends(["<|return|>", "<|call|>", "<|end|>"]).texts).not.toContain("<|end|>");
    const harmony = ends(["<|channel|>"]).tokenizer;
    const channel = harmony.tokenId("<|channel|>")!;
    expect(harmony.decode([channel])).toBe("<|channel|>");
    expect(harmony.encode("<|channel|>")).not.toContain(channel);
    expect(harmony.encode("<|channel|>", { parseSpecial: true })).toEqual([channel]);
  });

  test("ids of 0xFFFFFFFF and -1 are absent, and a default frame needs no id", () => {
    const tokenizer = tokenizerFromGguf(
      smallSentencePiece({ bosId: 0xffff_ffff, padId: -1, eomId: 0xffff_ffff }),
    );
    expect(tokenizer.special).toEqual({ eos: 2, unk: 0 });
    expect(tokenizer.addBos).toBeFalse();
  });

  test("defaults apply where they fit the vocabulary", () => {
    const silent = { bosId: undefined, eosId: undefined, unkId: undefined, sepId: undefined };
    expect(tokenizerFromGguf(smallSentencePiece(silent)).special).toEqual({ bos: 1, eos: 2, unk: 0 });
    expect(tokenizerFromGguf(smallUnigram({ ...silent, padId: undefined })).special).toEqual({
      eos: 1,
      unk: 2,
      pad: 0,
    });
    expect(() => tokenizerFromGguf(smallBert(silent))).toThrow(VocabularyError);
  });

  test("empty tokens get a name", () => {
    const { tokens } = smallByteLevel();
    expect(tokenizerFromGguf(smallByteLevel({ tokens: [...tokens.slice(0, -1), ""] })).tokenText(269)).toBe(
      "[EMPTY_269]",
    );
  });
});

type ErrorClass = new (...given: never[]) => Error;

describe("bad vocabularies", () => {
  const tokens = smallSentencePiece().tokens;
  const withToken = (text: string) => [...tokens.slice(0, 5), text, ...tokens.slice(6)];
  test.each<[string, GgufVocabulary, ErrorClass]>([
    ["unknown model", smallByteLevel({ model: "nope" }), UnknownKindError],
    ["a model named toString", smallByteLevel({ model: "toString" }), UnknownKindError],
    ["unknown pre-tokenizer", smallByteLevel({ pre: "nope" }), UnknownKindError],
    ["no tokens", smallByteLevel({ tokens: [] }), VocabularyError],
    ["tokens a text", smallByteLevel({ tokens: "abc" as never }), VocabularyError],
    ["a token no text", smallByteLevel({ tokens: [1] as never }), VocabularyError],
    ["a token twice", smallByteLevel({ tokens: ["a", "a"] }), VocabularyError],
    ["a token too long", smallSentencePiece({ tokens: withToken("a".repeat(20_000)) }), VocabularyError],
    ["too few scores", smallSentencePiece({ scores: [1, 2] }), VocabularyError],
    ["a score NaN", smallSentencePiece({ scores: tokens.map(() => Number.NaN) }), VocabularyError],
    ["too few types", smallSentencePiece({ tokenTypes: [1] }), VocabularyError],
    ["no merges", smallByteLevel({ merges: undefined }), VocabularyError],
    ["a merge no text", smallByteLevel({ merges: [5] as never }), VocabularyError],
    ["a merge no pair", smallByteLevel({ merges: ["ab"] }), VocabularyError],
    ["a merge of unknown tokens", smallByteLevel({ merges: ["z q"] }), VocabularyError],
    ["bos beyond the end", smallByteLevel({ bosId: 100_000 }), VocabularyError],
    ["eom beyond the end", smallByteLevel({ eomId: 100_000 }), VocabularyError],
    ["eos no integer", smallByteLevel({ eosId: 1.5 }), VocabularyError],
    ["unk negative", smallSentencePiece({ unkId: -2 }), VocabularyError],
    ["bos asked for but absent", smallSentencePiece({ addBos: true, bosId: -1 }), VocabularyError],
    ["byte token <0x-1>", smallSentencePiece({ tokens: withToken("<0x-1>") }), VocabularyError],
    ["byte token <0xZZ>", smallSentencePiece({ tokens: withToken("<0xZZ>") }), VocabularyError],
    [
      "byte token of byte-level BPE",
      smallByteLevel({ tokenTypes: smallByteLevel().tokens.map(() => 6) }),
      VocabularyError,
    ],
    ["no unknown token and no bytes", smallUnigram({ unkId: -1 }), VocabularyError],
    ["WordPiece without unknown token", smallBert({ unkId: -1 }), VocabularyError],
    ["a short charsmap", smallUnigram({ precompiledCharsmap: [1, 2] }), CharsmapError],
    ["an empty charsmap", smallUnigram({ precompiledCharsmap: [] }), CharsmapError],
  ])("%s", (_, vocabulary, kind) => {
    expect(() => tokenizerFromGguf(vocabulary)).toThrow(kind);
  });

  test("errors say what to do and carry a code", () => {
    try {
      tokenizerFromGguf(smallByteLevel({ pre: "nope" }));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(TokenizerError);
      expect((error as TokenizerError).code).toBe("TOKENIZER_UNKNOWN_KIND");
      expect((error as TokenizerError).name).toBe("UnknownKindError");
      expect((error as Error).message).toContain("tokenizer.json");
    }
  });
});

describe("ggufVocabulary", () => {
  const entry = (type: string, value: unknown, elementType?: string): MetadataEntry => ({
    type,
    value,
    elementType,
  });
  const base: [string, MetadataEntry][] = [
    ["tokenizer.ggml.model", entry("string", "llama")],
    ["tokenizer.ggml.tokens", entry("array", ["a", "b"], "string")],
  ];
  test("reads every key", () => {
    const read = ggufVocabulary(
      new Map([
        ...base,
        ["tokenizer.ggml.seperator_token_id", entry("uint32", 1)],
        ["tokenizer.ggml.bos_token_id", entry("uint64", 1n)],
        ["tokenizer.ggml.add_bos_token", entry("bool", false)],
        ["tokenizer.ggml.scores", entry("array", Float32Array.of(1, 2), "float32")],
        ["general.name", entry("string", "x")],
      ]),
    );
    expect(read).toMatchObject({
      model: "llama",
      tokens: ["a", "b"],
      sepId: 1,
      bosId: 1,
      addBos: false,
      modelName: "x",
    });
    expect(read?.scores).toEqual(Float32Array.of(1, 2));
  });
  test("a file without a vocabulary has none", () => {
    expect(ggufVocabulary(new Map())).toBeUndefined();
    expect(ggufVocabulary(new Map([["tokenizer.ggml.model", entry("string", "no_vocab")]]))).toBeUndefined();
  });
  test.each<[string, MetadataEntry]>([
    ["tokenizer.ggml.model", entry("uint32", 1)],
    ["tokenizer.ggml.tokens", entry("string", "a")],
    ["tokenizer.ggml.tokens", entry("array", [1], "uint8")],
    ["tokenizer.ggml.scores", entry("array", [1], "uint8")],
    ["tokenizer.ggml.token_type", entry("array", [1], "float32")],
    ["tokenizer.ggml.merges", entry("array", [], "array")],
    ["tokenizer.ggml.bos_token_id", entry("float32", 1)],
    ["tokenizer.ggml.add_bos_token", entry("uint8", 1)],
    ["tokenizer.ggml.precompiled_charsmap", entry("array", [], "int32")],
  ])("refuses %s of the wrong type", (key, value) => {
    expect(() => ggufVocabulary(new Map([...base, [key, value]]))).toThrow(VocabularyError);
  });
  test("refuses a vocabulary without tokens", () => {
    expect(() => ggufVocabulary(new Map([base[0]!]))).toThrow(VocabularyError);
  });
});

describe.skipIf(!hasData)(`crafted files${reason}`, () => {
  const load = async (name: string) => {
    const bytes = await Bun.file(join(DATA, "bad/gguf-crafted", name)).bytes();
    return tokenizerFromGguf(ggufVocabulary(readMetadata(bytes))!);
  };
  test.each(["bos-oob", "byte-bad", "empty", "tokens-not-array", "charsmap-short", "scores-u8", "dup-token"])(
    "vocab-%s is refused",
    async (name) => {
      if (!(await Bun.file(join(DATA, `bad/gguf-crafted/vocab-${name}.gguf`)).exists())) return;
      expect(load(`vocab-${name}.gguf`)).rejects.toThrow(TokenizerError);
    },
  );
  test("vocab-ok is accepted", async () => {
    expect((await load("vocab-ok.gguf")).vocabSize).toBeGreaterThan(0);
  });
});
