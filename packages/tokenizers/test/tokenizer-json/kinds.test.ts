import { describe, expect, test } from "bun:test";
import { BYTE_CHARACTERS } from "../../src/byte-alphabet.ts";
import { byteTokenText } from "../../src/byte-tokens.ts";
import {
  CharsmapError,
  PatternError,
  TokenizerFileError,
  tokenizerFromTokenizerJson,
  UnknownKindError,
  VocabularyError,
} from "../../src/index.ts";
import { buildCharsmap } from "../charsmap-builder.ts";

type Json = Record<string, unknown>;

const vocabOf = (texts: readonly string[]) => Object.fromEntries(texts.map((text, id) => [text, id]));
/** Every word is unknown: what a word is shows in the number of ids, so pieces are read off a growing vocabulary. */
const wordLevel = (words: readonly string[]) => ({
  type: "WordLevel",
  vocab: vocabOf(["?", ...words]),
  unk_token: "?",
});

/** The pieces a normalizer and pre-tokenizer make of a text, spelled with the words given. */
function pieces(parts: Json, text: string, words: readonly string[]): string[] {
  const tokenizer = tokenizerFromTokenizerJson({ ...parts, model: wordLevel(words) });
  return tokenizer.encode(text).map((id) => tokenizer.tokenText(id));
}
const normalized = (normalizer: Json, text: string, expected: string) =>
  expect(pieces({ normalizer }, text, [expected])).toEqual(expected === "" ? [] : [expected]);
const split = (pre_tokenizer: Json, text: string, expected: readonly string[]) =>
  expect(pieces({ pre_tokenizer }, text, [...new Set(expected)])).toEqual([...expected]);
const decoded = (decoder: Json | null, tokens: readonly string[], expected: string) => {
  const words = [...new Set(tokens)];
  const tokenizer = tokenizerFromTokenizerJson({ decoder, model: wordLevel(words) });
  expect(tokenizer.decode(tokens.map((token) => tokenizer.tokenId(token)!))).toBe(expected);
};
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

describe("normalizers", () => {
  test.each<[string, Json, string, string]>([
    ["BertNormalizer", { type: "BertNormalizer", strip_accents: null }, "É漢\u0000", "e 漢 "],
    [
      "BertNormalizer cased",
      { type: "BertNormalizer", lowercase: false, handle_chinese_chars: false },
      "É漢",
      "É漢",
    ],
    ["Lowercase", { type: "Lowercase" }, "ÀB", "àb"],
    ["NFC", { type: "NFC" }, "e\u0301", "\u00e9"],
    ["NFD", { type: "NFD" }, "\u00e9", "e\u0301"],
    ["NFKC", { type: "NFKC" }, "ﬁ\u0301½", "fí1⁄2"],
    ["NFKD", { type: "NFKD" }, "ﬁé", "fie\u0301"],
    ["Nmt", { type: "Nmt" }, "a\u0001\tb", "a b"],
    [
      "Precompiled",
      { type: "Precompiled", precompiled_charsmap: base64(buildCharsmap({ A: "b" })) },
      "xA",
      "xb",
    ],
    ["Prepend", { type: "Prepend", prepend: "▁" }, "a", "▁a"],
    ["Prepend to nothing", { type: "Prepend", prepend: "▁" }, "", ""],
    ["Replace", { type: "Replace", pattern: { String: "a" }, content: "$&" }, "aba", "$&b$&"],
    ["Replace by pattern", { type: "Replace", pattern: { Regex: " {2,}" }, content: " " }, "a   b", "a b"],
    ["Strip", { type: "Strip", strip_left: true, strip_right: true }, " \ta b\n ", "a b"],
    ["Strip left", { type: "Strip", strip_left: true, strip_right: false }, " a ", "a "],
    ["StripAccents", { type: "StripAccents" }, "e\u0301", "e"],
    ["ByteLevel", { type: "ByteLevel" }, "é ", "Ã©Ġ"],
    ["Sequence", { type: "Sequence", normalizers: [{ type: "NFD" }, { type: "StripAccents" }] }, "é", "e"],
  ])("%s", (_, normalizer, text, expected) => normalized(normalizer, text, expected));
});

describe("pre-tokenizers", () => {
  test.each<[string, Json, string, string[]]>([
    ["BertPreTokenizer", { type: "BertPreTokenizer" }, "a b,c!", ["a", "b", ",", "c", "!"]],
    ["ByteLevel", { type: "ByteLevel" }, "é b", ["ĠÃ©", "Ġb"]],
    ["ByteLevel without prefix", { type: "ByteLevel", add_prefix_space: false }, "a b", ["a", "Ġb"]],
    ["ByteLevel unsplit", { type: "ByteLevel", add_prefix_space: false, use_regex: false }, "a b", ["aĠb"]],
    ["CharDelimiterSplit", { type: "CharDelimiterSplit", delimiter: "." }, "a.b..c", ["a", "b", "c"]],
    ["Digits", { type: "Digits" }, "a12b", ["a", "12", "b"]],
    ["Digits one by one", { type: "Digits", individual_digits: true }, "a12b", ["a", "1", "2", "b"]],
    ["Metaspace", { type: "Metaspace", replacement: "▁" }, "a b  c", ["▁a", "▁b", "▁", "▁c"]],
    ["Metaspace, old", { type: "Metaspace", add_prefix_space: false }, "a b", ["a", "▁b"]],
    ["Metaspace, never", { type: "Metaspace", prepend_scheme: "never", split: false }, "a b", ["a▁b"]],
    ["Punctuation", { type: "Punctuation" }, "a!?b", ["a", "!", "?", "b"]],
    ["Punctuation, together", { type: "Punctuation", behavior: "Contiguous" }, "a!?b", ["a", "!?", "b"]],
    [
      "Split",
      { type: "Split", pattern: { Regex: "\\d" }, behavior: "MergedWithPrevious" },
      "a1b",
      ["a1", "b"],
    ],
    [
      "Split inverted",
      { type: "Split", pattern: { Regex: "\\d+" }, behavior: "Removed", invert: true },
      "a12b3",
      ["12", "3"],
    ],
    [
      "Split by text",
      { type: "Split", pattern: { String: "." }, behavior: "Isolated" },
      "a.b",
      ["a", ".", "b"],
    ],
    ["UnicodeScripts", { type: "UnicodeScripts" }, "ab かー漢 abcде", ["ab ", "かー漢 ", "abc", "де"]],
    ["Whitespace", { type: "Whitespace" }, "ab_1 ++c", ["ab_1", "++", "c"]],
    ["WhitespaceSplit", { type: "WhitespaceSplit" }, "a+ b", ["a+", "b"]],
    ["FixedLength", { type: "FixedLength", length: 2 }, "a😀bcd", ["a😀", "bc", "d"]],
    [
      "Sequence",
      {
        type: "Sequence",
        pretokenizers: [{ type: "WhitespaceSplit" }, { type: "ByteLevel" }, { type: "Punctuation" }],
      },
      "a b!",
      ["Ġa", "Ġb", "!"],
    ],
  ])("%s", (_, preTokenizer, text, expected) => split(preTokenizer, text, expected));

  test("nothing in, nothing out", () => {
    for (const type of ["ByteLevel", "Metaspace", "Whitespace"]) split({ type }, "", []);
    split(
      {
        type: "Sequence",
        pretokenizers: [{ type: "CharDelimiterSplit", delimiter: "a" }, { type: "Metaspace" }],
      },
      "a",
      [],
    );
  });

  test("Metaspace puts its first mark only at the start", () => {
    const root = {
      pre_tokenizer: { type: "Metaspace", prepend_scheme: "first" },
      added_tokens: [{ id: 9, content: "<u>", special: false, normalized: false }],
      model: wordLevel(["▁a", "a", "b"]),
    };
    expect(tokenizerFromTokenizerJson(root).encode("a<u>a")).toEqual([1, 9, 2]);
  });
});

describe("decoders", () => {
  const stripped = { type: "Strip", content: " ", start: 1, stop: 0 };
  test.each<[string, Json | null, string[], string]>([
    ["none", null, ["a", "b"], "a b"],
    ["ByteLevel", { type: "ByteLevel" }, ["Ã", "©Ġ", "<a b>"], "é <a b>"],
    ["BPEDecoder", { type: "BPEDecoder", suffix: "</w>" }, ["a", "b</w>", "c</w>"], "ab c"],
    ["CTC", { type: "CTC" }, ["a", "<pad>", "|", "b"], "a b"],
    ["Metaspace", { type: "Metaspace", prepend_scheme: "always" }, ["▁a", "▁b"], "a b"],
    ["Metaspace, never", { type: "Metaspace", prepend_scheme: "never" }, ["▁a", "▁b"], " a b"],
    ["WordPiece", { type: "WordPiece", prefix: "##", cleanup: true }, ["a", "##b", "."], "ab."],
    ["Replace", { type: "Replace", pattern: { Regex: "a|b" }, content: "x" }, ["ab", "c"], "xxc"],
    ["Strip", stripped, [" a", " b"], "ab"],
    [
      "Sequence of a fused text",
      { type: "Sequence", decoders: [{ type: "ByteFallback" }, { type: "Fuse" }, stripped] },
      [" ", "<0xC3>", "<0xA9>", " b"],
      "é b",
    ],
    [
      "Replace behind Fuse",
      {
        type: "Sequence",
        decoders: [{ type: "Fuse" }, { type: "Replace", pattern: { String: "ab" }, content: "x" }],
      },
      ["a", "b", "a"],
      "xa",
    ],
    [
      "ByteLevel fuses",
      { type: "Sequence", decoders: [{ type: "ByteLevel" }, stripped] },
      ["Ġa", "Ġb"],
      "a b",
    ],
  ])("%s", (_, decoder, tokens, expected) => decoded(decoder, tokens, expected));
});

describe("models", () => {
  test("BPE with everything", () => {
    const tokenizer = tokenizerFromTokenizerJson({
      pre_tokenizer: { type: "Whitespace" },
      model: {
        vocab: vocabOf(["<unk>", "a", "##b</w>", "ab</w>", "c</w>"]),
        merges: [["a", "##b</w>"]],
        unk_token: "<unk>",
        fuse_unk: true,
        dropout: null,
        continuing_subword_prefix: "##",
        end_of_word_suffix: "</w>",
      },
    });
    expect(tokenizer.encode("ab c xyz")).toEqual([3, 4, 0]);
    expect(tokenizer.special.unk).toBe(0);
  });
  test("BPE with byte fallback and ignored merges", () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byteTokenText(byte));
    const vocab = vocabOf([...bytes, "a", "b", "ab"]);
    const model = { type: "BPE", vocab, merges: [], byte_fallback: true, ignore_merges: true };
    expect(tokenizerFromTokenizerJson({ model }).encode("ab")).toEqual([258]);
    expect(tokenizerFromTokenizerJson({ model }).encode("abé")).toEqual([256, 257, 0xc3, 0xa9]);
  });
  test("WordPiece, WordLevel and Unigram, named or told by their fields", () => {
    const vocab = vocabOf(["[UNK]", "a", "##b"]);
    for (const type of ["WordPiece", undefined]) {
      const model = { type, vocab, continuing_subword_prefix: "##", max_input_chars_per_word: 3 };
      const tokenizer = tokenizerFromTokenizerJson({ model, pre_tokenizer: { type: "WhitespaceSplit" } });
      expect(tokenizer.encode("ab abbb")).toEqual([1, 2, 0]);
    }
    expect(tokenizerFromTokenizerJson({ model: { vocab: { "<unk>": 0, a: 1 } } }).encode("a")).toEqual([1]);
    const model = {
      vocab: [
        ["<unk>", 0],
        ["a", -1],
        ["ab", -1.5],
        ["b", -1],
      ],
      unk_id: 0,
    };
    expect(tokenizerFromTokenizerJson({ model }).encode("abcb")).toEqual([2, 0, 3]);
  });
});

test("without a pre-tokenizer the whole text is one word", () => {
  const ids = (model: Json) => tokenizerFromTokenizerJson({ model }).encode("a▁b");
  expect(ids(wordLevel(["a▁b", "a", "▁", "▁b"]))).toEqual([1]);
  expect(ids(wordLevel(["a", "▁", "▁b"]))).toEqual([0]);
  const vocab = vocabOf(["?", "a", "▁", "b", "b</w>", "▁b</w>"]);
  expect(ids({ type: "BPE", vocab, merges: ["▁ b</w>"], end_of_word_suffix: "</w>" })).toEqual([1, 5]);
  expect(ids({ type: "BPE", vocab, merges: [] })).toEqual([1, 2, 3]);
});

describe("post-processors and added tokens", () => {
  const words = ["a", "[C]", "[S]", "[E]"];
  const marks = { "[C]": { id: "[C]", ids: [2] }, "[E]": { id: "[E]", ids: [3, 4] } };
  const template = {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "[C]" } }, { Sequence: { id: "A" } }, { SpecialToken: { id: "[E]" } }],
    special_tokens: marks,
  };
  test.each<[string, Json, number[]]>([
    ["ByteLevel", { type: "ByteLevel" }, [1]],
    ["BertProcessing", { type: "BertProcessing", cls: ["[C]", 2], sep: ["[S]", 3] }, [2, 1, 3]],
    ["RobertaProcessing", { type: "RobertaProcessing", cls: ["[C]", 2], sep: ["[S]", 3] }, [2, 1, 3]],
    ["TemplateProcessing", template, [2, 1, 3, 4]],
    [
      "Sequence",
      {
        type: "Sequence",
        processors: [template, { type: "BertProcessing", cls: ["[S]", 3], sep: ["[C]", 2] }],
      },
      [3, 2, 1, 3, 4, 2],
    ],
  ])("%s", (_, post_processor, expected) => {
    const tokenizer = tokenizerFromTokenizerJson({ post_processor, model: wordLevel(words) });
    expect(tokenizer.encode("a")).toEqual(expected);
    expect(tokenizer.encode("a", { addSpecial: false })).toEqual([1]);
    expect([tokenizer.addBos, tokenizer.addEos]).toEqual([expected.length > 1, expected.length > 1]);
  });

  test("tokens found in raw and in normalized text", () => {
    const tokenizer = tokenizerFromTokenizerJson({
      normalizer: { type: "Lowercase" },
      added_tokens: [
        { id: 2, content: "<X>", special: true },
        { id: 3, content: "Yes", special: false, normalized: true },
        { id: 4, content: "No", special: false, normalized: false, rstrip: true },
      ],
      model: wordLevel(["a"]),
    });
    expect(tokenizer.encode("YESaNo aYesno", { parseSpecial: true })).toEqual([3, 1, 4, 1, 3, 0]);
    expect(tokenizer.encode("<X>a")).toEqual([0]);
    expect(tokenizer.encode("<X>a", { parseSpecial: true })).toEqual([2, 1]);
    expect(tokenizer.decode([2, 1])).toBe("a");
    expect(tokenizer.decode([2, 1], { skipSpecial: false })).toBe("<X> a");
    expect(tokenizer.isSpecial(2)).toBeTrue();
    expect(new TextDecoder().decode(tokenizer.tokenBytes(2))).toBe("<X>");
  });

  test("a Unigram control token is no piece of plain text", () => {
    const model = {
      type: "Unigram",
      vocab: [
        ["</s>", 0],
        ["<", -5],
        ["/", -5],
        ["s", -5],
        [">", -5],
        ["s", -9],
      ],
    };
    const tokenizer = tokenizerFromTokenizerJson({
      model,
      added_tokens: [{ id: 0, content: "</s>", special: true }],
    });
    expect(tokenizer.encode("</s>")).toEqual([1, 2, 3, 4]);
    expect(tokenizer.tokenText(5)).toBe("s");
  });

  test("the config names tokens and frames texts of the Llama family", () => {
    const root = {
      model: wordLevel(["a", "<s>", "</s>"]),
      post_processor: { type: "BertProcessing", cls: ["", 2], sep: ["", 3] },
    };
    const config = {
      bos_token: { content: "<s>" },
      eos_token: "</s>",
      pad_token: null,
      tokenizer_class: "LlamaTokenizer",
    };
    const frame = (more: Json) => tokenizerFromTokenizerJson(root, { ...config, ...more }).encode("a");
    expect(frame({})).toEqual([2, 1, 3]);
    expect(frame({ add_bos_token: false, add_eos_token: true })).toEqual([1, 3]);
    expect(frame({ add_bos_token: true, add_eos_token: false })).toEqual([2, 1]);
    expect(frame({ add_bos_token: false, tokenizer_class: "Other" })).toEqual([2, 1, 3]);
    const tokenizer = tokenizerFromTokenizerJson(root, config, { endOfGeneration: [1] });
    expect(tokenizer.special).toEqual({ bos: 2, eos: 3, unk: 0 });
    expect([...tokenizer.endOfGeneration].sort()).toEqual([1, 3]);
  });

  test("tokenBytes follows the decoder", () => {
    const bytesOf = (decoder: Json | null, text: string) => {
      const tokenizer = tokenizerFromTokenizerJson({ decoder, model: wordLevel([text]) });
      return new TextDecoder().decode(tokenizer.tokenBytes(1));
    };
    expect(bytesOf({ type: "ByteLevel" }, `${BYTE_CHARACTERS[0xc3]}${BYTE_CHARACTERS[0xa9]}`)).toBe("é");
    expect(bytesOf({ type: "WordPiece" }, "##ing")).toBe("ing");
    expect(bytesOf({ type: "Metaspace" }, "▁a")).toBe(" a");
    expect(
      bytesOf({ type: "Sequence", decoders: [{ type: "ByteFallback" }, { type: "Fuse" }] }, "<0x41>"),
    ).toBe("A");
  });
});

type ErrorClass = new (...given: never[]) => Error;

describe("bad files", () => {
  const model = wordLevel(["a"]);
  const bpe = (more: Json) => ({ type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: [], ...more });
  const cyclic: Json = { type: "Sequence" };
  cyclic.normalizers = [cyclic];
  cyclic.pretokenizers = [cyclic];
  cyclic.decoders = [cyclic];
  cyclic.processors = [cyclic];
  const template = (single: unknown, special_tokens: unknown = {}) => ({
    type: "TemplateProcessing",
    single,
    special_tokens,
  });

  test.each<[string, unknown, ErrorClass]>([
    ["no object", [], TokenizerFileError],
    ["null", null, TokenizerFileError],
    ["no model", {}, TokenizerFileError],
    ["unknown normalizer", { model, normalizer: { type: "Nope" } }, UnknownKindError],
    ["unknown pre-tokenizer", { model, pre_tokenizer: { type: "__proto__" } }, UnknownKindError],
    ["unknown decoder", { model, decoder: { type: "constructor" } }, UnknownKindError],
    ["unknown post-processor", { model, post_processor: { type: "Nope" } }, UnknownKindError],
    ["unknown model", { model: { type: "Nope" } }, UnknownKindError],
    ["no type", { model, normalizer: {} }, TokenizerFileError],
    ["cyclic normalizer", { model, normalizer: cyclic }, TokenizerFileError],
    ["cyclic pre-tokenizer", { model, pre_tokenizer: cyclic }, TokenizerFileError],
    ["cyclic decoder", { model, decoder: cyclic }, TokenizerFileError],
    ["cyclic post-processor", { model, post_processor: cyclic }, TokenizerFileError],
    ["empty vocabulary", { model: bpe({ vocab: {} }) }, VocabularyError],
    ["vocabulary no object", { model: bpe({ vocab: [] }) }, TokenizerFileError],
    ["id no number", { model: bpe({ vocab: { a: "0" } }) }, VocabularyError],
    ["id negative", { model: bpe({ vocab: { a: -1 } }) }, VocabularyError],
    ["id huge", { model: bpe({ vocab: { a: 2 ** 31 } }) }, VocabularyError],
    ["token huge", { model: bpe({ vocab: { ["a".repeat(2 ** 14 + 1)]: 0 } }) }, VocabularyError],
    ["merge of unknown tokens", { model: bpe({ merges: ["a z"] }) }, VocabularyError],
    ["merge no pair", { model: bpe({ merges: [["a", "b", "c"]] }) }, VocabularyError],
    ["merge no text", { model: bpe({ merges: [[1, 2]] }) }, VocabularyError],
    ["merge no array", { model: bpe({ merges: [5] }) }, TokenizerFileError],
    ["merges missing", { model: bpe({ merges: undefined }) }, TokenizerFileError],
    ["unknown token missing", { model: bpe({ unk_token: "?" }) }, VocabularyError],
    ["dropout", { model: bpe({ dropout: 0.1 }) }, TokenizerFileError],
    ["byte_fallback no boolean", { model: bpe({ byte_fallback: 1 }) }, TokenizerFileError],
    ["WordLevel without unknown", { model: { type: "WordLevel", vocab: { a: 0 } } }, VocabularyError],
    ["WordPiece without unknown", { model: { type: "WordPiece", vocab: { a: 0 } } }, VocabularyError],
    [
      "Unigram unk_id out of range",
      { model: { type: "Unigram", vocab: [["a", 0]], unk_id: 1 } },
      VocabularyError,
    ],
    ["Unigram without score", { model: { type: "Unigram", vocab: [["a"]] } }, TokenizerFileError],
    ["Unigram score NaN", { model: { type: "Unigram", vocab: [["a", Number.NaN]] } }, TokenizerFileError],
    ["Unigram empty", { model: { type: "Unigram", vocab: [] } }, VocabularyError],
    [
      "bad pattern",
      { model, pre_tokenizer: { type: "Split", pattern: { Regex: "(" }, behavior: "Isolated" } },
      PatternError,
    ],
    [
      "bad behavior",
      { model, pre_tokenizer: { type: "Split", pattern: "a", behavior: "Nope" } },
      TokenizerFileError,
    ],
    [
      "bad prepend scheme",
      { model, pre_tokenizer: { type: "Metaspace", prepend_scheme: "x" } },
      TokenizerFileError,
    ],
    [
      "empty replacement",
      { model, pre_tokenizer: { type: "Metaspace", replacement: "" } },
      TokenizerFileError,
    ],
    ["length 0", { model, pre_tokenizer: { type: "FixedLength", length: 0 } }, TokenizerFileError],
    ["length no count", { model, pre_tokenizer: { type: "FixedLength", length: 1.5 } }, TokenizerFileError],
    [
      "charsmap no base64",
      { model, normalizer: { type: "Precompiled", precompiled_charsmap: "*" } },
      TokenizerFileError,
    ],
    [
      "charsmap short",
      { model, normalizer: { type: "Precompiled", precompiled_charsmap: "AAA=" } },
      CharsmapError,
    ],
    ["added token no object", { model, added_tokens: [1] }, TokenizerFileError],
    ["added token without id", { model, added_tokens: [{ content: "x" }] }, TokenizerFileError],
    ["added token id huge", { model, added_tokens: [{ id: 1e9, content: "x" }] }, VocabularyError],
    ["template without text", { model, post_processor: template([]) }, TokenizerFileError],
    [
      "template twice",
      { model, post_processor: template([{ Sequence: {} }, { Sequence: {} }]) },
      TokenizerFileError,
    ],
    [
      "template of nothing known",
      { model, post_processor: template([{ SpecialToken: { id: "toString" } }]) },
      TokenizerFileError,
    ],
    [
      "frame of no token",
      { model, post_processor: { type: "BertProcessing", cls: ["", 7], sep: ["", 0] } },
      VocabularyError,
    ],
  ])("%s", (_, json, kind) => {
    expect(() => tokenizerFromTokenizerJson(json)).toThrow(kind);
  });

  test("bad config and ids", () => {
    expect(() => tokenizerFromTokenizerJson({ model }, 5)).toThrow(TokenizerFileError);
    for (const id of [2, -1, 0.5]) {
      expect(() => tokenizerFromTokenizerJson({ model }, null, { endOfGeneration: [id] })).toThrow(
        VocabularyError,
      );
    }
  });

  test("a key named __proto__ is a token like others", () => {
    const json = JSON.parse('{"model":{"type":"WordLevel","vocab":{"__proto__":1,"?":0},"unk_token":"?"}}');
    expect(tokenizerFromTokenizerJson(json).encode("__proto__")).toEqual([1]);
  });
});
