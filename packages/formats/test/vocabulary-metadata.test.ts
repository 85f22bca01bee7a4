import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ggufVocabulary, tokenizerFromGguf } from "@realizar/tokenizers";
import { preTokenizerName } from "../src/hf/pre-tokenizer-name.ts";
import { vocabularyMetadata } from "../src/hf/vocabulary-metadata.ts";
import { fileFolder, memoryFolder, openCheckpointFrom, openTokenizerFrom } from "../src/index.ts";
import { codeOf } from "./bytes.ts";
import { testData, titled } from "./data.ts";
import { fixtureFiles, HF_FIXTURES } from "./hf-models.ts";

const TEXTS = ["Once upon a time", "  two  spaces\n\n", "Zażółć 12345 don't!", "tabs\tand 中文", "x"];
const folderOf = (tokenizer: unknown, more: Record<string, unknown> = {}) =>
  memoryFolder(
    Object.fromEntries(
      Object.entries({ "tokenizer.json": tokenizer, ...more }).map(([name, value]) => [
        name,
        new TextEncoder().encode(JSON.stringify(value)),
      ]),
    ),
  );
const byteLevel = (change: object = {}) => ({
  added_tokens: [
    { id: 3, content: "<end>", special: true, normalized: false },
    { id: 4, content: "<tool>", special: false, normalized: false },
  ],
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
  decoder: { type: "ByteLevel" },
  model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: [["a", "b"]] },
  ...change,
});

test("a checkpoint's vocabulary has as many tokens as its embeddings have rows", async () => {
  const files = fixtureFiles(HF_FIXTURES.llama!.fixture, "F32", {
    "tokenizer.json": JSON.stringify(byteLevel()),
    "tokenizer_config.json": JSON.stringify({ eos_token: "<end>" }),
  });
  const checkpoint = await openCheckpointFrom(files);
  const metadata = await checkpoint.vocabulary!();
  const tokens = metadata.get("tokenizer.ggml.tokens")!.value as string[];
  const types = metadata.get("tokenizer.ggml.token_type")!.value as Int32Array;
  expect(tokens.length).toBe(512);
  expect(tokens.slice(0, 6)).toEqual(["a", "b", "ab", "<end>", "<tool>", "[PAD5]"]);
  expect([...types.slice(0, 6)]).toEqual([1, 1, 1, 3, 4, 5]);
  expect(metadata.get("tokenizer.ggml.eos_token_id")).toEqual({ type: "uint32", value: 3 });
  expect(metadata.get("tokenizer.ggml.pre")!.value).toBe("gpt-2");
  expect(tokenizerFromGguf(ggufVocabulary(metadata)!).encode("abba")).toEqual([2, 1, 0]);
});

describe("WordPiece", () => {
  const ids = { "[UNK]": 0, "[CLS]": 1, "[SEP]": 2 };
  const json = {
    added_tokens: Object.entries(ids).map(([content, id]) => ({ id, content, special: true })),
    normalizer: { type: "BertNormalizer", lowercase: true, clean_text: true, handle_chinese_chars: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: { ...ids, hi: 3, "##gh": 4, hé: 5, he: 6 },
    },
  };
  const config = { unk_token: "[UNK]", cls_token: "[CLS]", sep_token: "[SEP]" };
  const converted = async (folder: ReturnType<typeof folderOf>) => {
    const tokenizer = await openTokenizerFrom(folder);
    const metadata = await vocabularyMetadata(folder, tokenizer, 5);
    return { tokenizer, metadata, again: tokenizerFromGguf(ggufVocabulary(metadata)!) };
  };

  test("words keep their beginnings", async () => {
    const { tokenizer, metadata, again } = await converted(
      folderOf(json, { "tokenizer_config.json": config }),
    );
    const tokens = metadata.get("tokenizer.ggml.tokens")!.value as string[];
    expect(tokens.slice(0, 5)).toEqual(["[UNK]", "[CLS]", "[SEP]", "\u2581hi", "gh"]);
    const plain = { addSpecial: false };
    expect(again.encode("HIgh hi x", plain)).toEqual(tokenizer.encode("HIgh hi x", plain));
  });
  test("what frames a text is found without tokenizer_config.json", async () => {
    const pair = ["[CLS]", "[SEP]"].map((id) => ({ SpecialToken: { id, type_id: 0 } }));
    const template = {
      type: "TemplateProcessing",
      single: [pair[0], { Sequence: { id: "A", type_id: 0 } }, pair[1]],
      special_tokens: Object.fromEntries(
        ["[CLS]", "[SEP]"].map((id, i) => [id, { id, ids: [i + 1], tokens: [id] }]),
      ),
    };
    const { tokenizer, again } = await converted(folderOf({ ...json, post_processor: template }));
    expect(tokenizer.encode("high")).toEqual([1, 3, 4, 2]);
    expect(again.encode("high")).toEqual([1, 3, 4, 2]);
  });
  test("accents that stay are said to", async () => {
    const normalizer = { ...json.normalizer, strip_accents: false };
    const { again } = await converted(folderOf({ ...json, normalizer }, { "tokenizer_config.json": config }));
    expect(again.encode("hé he", { addSpecial: false })).toEqual([5, 6]);
  });
  test("words split otherwise than BERT's have no form in GGUF", async () => {
    const folder = folderOf({ ...json, pre_tokenizer: { type: "Whitespace" } });
    expect(await codeOf(converted(folder))).toBe("FORMATS_UNSUPPORTED");
  });
});

/** SentencePiece's BPE of "ab" and "abb", where a longer piece is worth less. */
const sentencePiece = {
  added_tokens: [
    { id: 0, content: "<unk>", special: true, normalized: false },
    { id: 1, content: "<s>", special: true, normalized: false },
  ],
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "Prepend", prepend: "\u2581" },
      { type: "Replace", pattern: { String: " " }, content: "\u2581" },
    ],
  },
  decoder: { type: "Replace", pattern: { String: "\u2581" }, content: " " },
  model: {
    type: "BPE",
    unk_token: "<unk>",
    byte_fallback: true,
    fuse_unk: true,
    vocab: Object.fromEntries([
      ...["<unk>", "<s>", "a", "b", "\u2581", "ab", "bb", "\u2581ab"].map((piece, id) => [piece, id]),
      ...Array.from({ length: 256 }, (_, byte) => [
        `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
        8 + byte,
      ]),
    ]),
    merges: ["a b", "b b", "\u2581 ab"],
  },
};

const unigramModel = {
  added_tokens: [{ id: 0, content: "<unk>", special: true, normalized: false }],
  normalizer: null,
  pre_tokenizer: {
    type: "Metaspace",
    replacement: "\u2581",
    add_prefix_space: true,
    prepend_scheme: "always",
  },
  decoder: { type: "Metaspace", replacement: "\u2581", add_prefix_space: true, prepend_scheme: "always" },
  model: {
    type: "Unigram",
    unk_id: 0,
    vocab: [
      ["<unk>", 0],
      ["\u2581a", -1],
      ["a", -2],
      ["b", -2.5],
      ["ab", -3],
      ["\u2581", -4],
    ],
  },
};

test("SentencePiece's scores follow from merges, unigram's stand", async () => {
  for (const json of [sentencePiece, unigramModel]) {
    const folder = folderOf(json);
    const tokenizer = await openTokenizerFrom(folder);
    const metadata = await vocabularyMetadata(folder, tokenizer, 0);
    const again = tokenizerFromGguf(ggufVocabulary(metadata)!);
    for (const text of ["ab", "a b ab", "abb bab", "aab"]) {
      const plain = { addSpecial: false };
      expect(again.encode(text, plain)).toEqual(tokenizer.encode(text, plain));
    }
    expect(metadata.get("tokenizer.ggml.add_space_prefix")!.value).toBe(true);
  }
  const scores = (
    await vocabularyMetadata(folderOf(sentencePiece), await openTokenizerFrom(folderOf(sentencePiece)), 0)
  ).get("tokenizer.ggml.scores")!.value as Float32Array;
  expect([...scores.slice(4, 8)].map((score) => score + 0)).toEqual([-3, 0, -1, -2]);
});

describe("pre-tokenizers by their patterns", () => {
  const split = (Regex: string) => ({
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
  });
  const start = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|`;
  const cased = String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`;
  const cases: [string | undefined, Record<string, unknown>, Record<string, unknown>?][] = [
    ["llama-bpe", split(`${start}\\p{N}{1,3}| ?x`), { ignore_merges: true }],
    ["dbrx", split(`${start}\\p{N}{1,3}| ?x`)],
    ["qwen2", split(`${start}\\p{N}| ?x`)],
    ["gpt-4o", split(`${cased}(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?x`)],
    ["tekken", split(`${cased}|\\p{N}| ?x`)],
    ["gpt-2", byteLevel()],
    [
      "smollm",
      {
        pre_tokenizer: {
          type: "Sequence",
          pretokenizers: [
            { type: "Digits", individual_digits: true },
            { type: "ByteLevel", use_regex: true },
          ],
        },
      },
    ],
    [undefined, split("x+")],
    [undefined, { pre_tokenizer: { type: "ByteLevel", use_regex: false } }],
  ];
  for (const [name, json, model] of cases) {
    test(String(name), () => expect(preTokenizerName(json, model ?? {})).toBe(name));
  }
});

describe("refused", () => {
  const outcome = async (json: unknown, preTokenizer?: string) => {
    const tokenizer = await openTokenizerFrom(folderOf(byteLevel()));
    return codeOf(vocabularyMetadata(folderOf(json), tokenizer, 0, preTokenizer));
  };
  test("no tokenizer.json", async () => {
    const tokenizer = await openTokenizerFrom(folderOf(byteLevel()));
    expect(await codeOf(vocabularyMetadata(memoryFolder({}), tokenizer, 0))).toBe("FORMATS_NO_TOKENIZER");
  });
  test("models GGUF has no form for", async () => {
    expect(await outcome({ model: { type: "WordLevel", vocab: {} } })).toBe("FORMATS_UNSUPPORTED");
    expect(await outcome({ model: { type: "BPE", vocab: {}, merges: [] } })).toBe("FORMATS_UNSUPPORTED");
  });
  test("a pre-tokenizer without a name, unless one is given", async () => {
    const odd = byteLevel({ pre_tokenizer: { type: "ByteLevel", use_regex: false } });
    expect(await outcome(odd)).toBe("FORMATS_UNSUPPORTED");
    expect(await outcome(odd, "gpt-2")).toBe("none");
  });
});

describe.skipIf(!testData)(titled("real vocabularies encode alike"), () => {
  for (const path of [
    "stories260K/hf",
    "tokenizers/llama2",
    "tokenizers/gpt2",
    "tokenizers/falcon",
    "tokenizers/t5-small",
  ]) {
    test(path, async () => {
      const folder = fileFolder(join(testData!, path));
      const tokenizer = await openTokenizerFrom(folder);
      const again = tokenizerFromGguf(ggufVocabulary(await vocabularyMetadata(folder, tokenizer, 0))!);
      for (const text of TEXTS) expect(again.encode(text)).toEqual(tokenizer.encode(text));
    });
  }
});
