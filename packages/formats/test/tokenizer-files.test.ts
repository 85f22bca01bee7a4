import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type GgufValue, writeGguf } from "@realizar/gguf";
import { openCheckpoint, openTokenizer, openTokenizerFrom } from "../src/index.ts";
import { codeOf } from "./bytes.ts";
import { testData, titled } from "./data.ts";

const TEXTS = ["Once upon a time", "  two  spaces\n\n", "Zażółć 🦊 <s> 12345", ""];
const encoder = new TextEncoder();
const files = (contents: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(contents).map(([name, value]) => [
      name,
      encoder.encode(typeof value === "string" ? value : JSON.stringify(value)),
    ]),
  );

/** Byte-level BPE of four letters, with one merge. */
const tokenizerJson = {
  version: "1.0",
  added_tokens: [
    {
      id: 5,
      content: "<end>",
      special: true,
      normalized: false,
      lstrip: false,
      rstrip: false,
      single_word: false,
    },
    {
      id: 6,
      content: "<turn>",
      special: true,
      normalized: false,
      lstrip: false,
      rstrip: false,
      single_word: false,
    },
  ],
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: null,
  decoder: { type: "ByteLevel" },
  model: { type: "BPE", vocab: { a: 0, b: 1, c: 2, d: 3, ab: 4 }, merges: ["a b"] },
};
const vocab = { a: 0, b: 1, c: 2, d: 3, ab: 4 };

describe("a folder's tokenizer", () => {
  test("ends at the ids of config.json and generation_config.json", async () => {
    const tokenizer = await openTokenizerFrom(
      files({
        "tokenizer.json": tokenizerJson,
        "tokenizer_config.json": { eos_token: "<end>", pad_token: null },
        "config.json": { model_type: "x", eos_token_id: 5, bos_token_id: 4 },
        "generation_config.json": { eos_token_id: [6, 5, 999] },
      }),
    );
    expect(tokenizer.encode("abcd")).toEqual([4, 2, 3]);
    expect([...tokenizer.endOfGeneration].sort()).toEqual([5, 6]);
    expect(tokenizer.special.eos).toBe(5);
    expect(tokenizer.special.bos).toBe(4);
  });
  test("of a model of text and images ends at the text model's ids", async () => {
    const tokenizer = await openTokenizerFrom(
      files({ "tokenizer.json": tokenizerJson, "config.json": { text_config: { eos_token_id: 6 } } }),
    );
    expect(tokenizer.endOfGeneration.has(6)).toBe(true);
    expect(tokenizer.special.eos).toBe(6);
  });
  test("takes special tokens of special_tokens_map.json", async () => {
    const tokenizer = await openTokenizerFrom(
      files({
        "tokenizer.json": tokenizerJson,
        "special_tokens_map.json": { eos_token: { content: "<end>" } },
      }),
    );
    expect(tokenizer.special.eos).toBe(5);
  });
  test("is made of vocabulary and merges", async () => {
    const parts = {
      "vocab.json": vocab,
      "merges.txt": "#version: 0.2\na b\n",
      "added_tokens.json": { "<end>": 5 },
      "tokenizer_config.json": {
        bos_token: "<turn>",
        eos_token: "<end>",
        unk_token: "nowhere",
        added_tokens_decoder: { 6: { content: "<turn>" } },
      },
    };
    const tokenizer = await openTokenizerFrom(files(parts), undefined, { preTokenizer: "gpt-2" });
    expect(tokenizer.encode("abcd<end><turn>", { parseSpecial: true })).toEqual([4, 2, 3, 5, 6]);
    expect(tokenizer.special).toMatchObject({ bos: 6, eos: 5 });
    const known = await openTokenizerFrom(files({ ...parts, "config.json": { model_type: "gpt2" } }));
    expect(known.encode("abcd")).toEqual([4, 2, 3]);
  });
  test("is made of words", async () => {
    const tokenizer = await openTokenizerFrom(
      files({
        "vocab.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\nHi\nhi\n##gh\n",
        "tokenizer_config.json": { do_lower_case: false, strip_accents: false },
      }),
    );
    expect(tokenizer.encode("Hi hi hello")).toEqual([2, 4, 5, 1, 3]);
    expect(tokenizer.encode("higgh")).toEqual([2, 1, 3]);
  });
});

describe("refused", () => {
  const cases: [string, Record<string, unknown>, string | undefined, string][] = [
    ["a folder without one", { "config.json": {} }, undefined, "FORMATS_NO_TOKENIZER"],
    ["a vocabulary without merges", { "vocab.json": vocab }, undefined, "FORMATS_NO_TOKENIZER"],
    ["no pre-tokenizer", { "vocab.json": vocab, "merges.txt": "a b" }, undefined, "FORMATS_NO_TOKENIZER"],
    ["a file of another kind", { "a.png": "" }, "a.png", "FORMATS_UNKNOWN_FORMAT"],
    ["a file that is not there", {}, "tokenizer.json", "FORMATS_NOT_FOUND"],
    ["a word list that is not there", {}, "vocab.txt", "FORMATS_NOT_FOUND"],
    ["a vocabulary that is not there", {}, "vocab.json", "FORMATS_NOT_FOUND"],
    ["JSON that is none", { "tokenizer.json": "{" }, undefined, "FORMATS_CONFIG_INVALID"],
    ["JSON that is no object", { "tokenizer.json": "[]" }, undefined, "FORMATS_CONFIG_INVALID"],
  ];
  for (const [why, contents, name, code] of cases) {
    test(why, async () => expect(await codeOf(openTokenizerFrom(files(contents), name))).toBe(code));
  }
  test("a path that is not there", async () => {
    expect(await codeOf(openTokenizer("/nowhere/tokenizer.json"))).toBe("FORMATS_NOT_FOUND");
  });
});

describe("a small real tokenizer", () => {
  const folder = join(import.meta.dir, "fixtures/stories260K");
  test("from its folder, its tokenizer.json and its SentencePiece model", async () => {
    const all = await Promise.all(
      ["", "tokenizer.json", "tokenizer.model"].map((name) => openTokenizer(join(folder, name))),
    );
    for (const tokenizer of all) {
      expect(tokenizer.encode("Once upon a time")).toEqual([1, 403, 407, 261, 378]);
      expect(tokenizer.endOfGeneration.has(2)).toBe(true);
    }
  });
  test("beside its weights, and by a GGUF file", async () => {
    const beside = await openTokenizer(join(folder, "model.safetensors")).catch((e: unknown) => e);
    expect(beside).toMatchObject({ code: "FORMATS_NOT_FOUND" });
    const files = Object.fromEntries(
      await Promise.all(
        ["tokenizer.model", "config.json", "tokenizer_config.json"].map(async (name) => [
          name,
          await Bun.file(join(folder, name)).bytes(),
        ]),
      ),
    );
    const tokenizer = await openTokenizerFrom(files, "model.safetensors");
    expect(tokenizer.encode("Once upon a time")).toEqual([1, 403, 407, 261, 378]);
    const metadata = new Map<string, GgufValue>([
      ["tokenizer.ggml.model", { type: "string", value: "llama" }],
      [
        "tokenizer.ggml.tokens",
        { type: "array", elementType: "string", value: ["<unk>", "<s>", "</s>", "a"] },
      ],
    ]);
    const gguf = new Uint8Array(Buffer.concat(await Array.fromAsync(writeGguf({ metadata, tensors: [] }))));
    for (const name of [undefined, "v.gguf"]) {
      expect((await openTokenizerFrom({ "v.gguf": gguf }, name)).vocabSize).toBe(4);
    }
  });
});

describe.skipIf(!testData)(titled("real tokenizers"), () => {
  const at = (path: string) => join(testData!, path);
  test("a folder's equals its GGUF twin's", async () => {
    const [folder, file] = [
      await openCheckpoint(at("stories260K/hf")),
      await openCheckpoint(at("stories260K/stories260K-f32.gguf")),
    ];
    const [mine, theirs] = [await folder.tokenizer(), await file.tokenizer()];
    expect(await folder.tokenizer()).toBe(mine);
    for (const text of TEXTS) expect(mine.encode(text)).toEqual(theirs.encode(text));
    expect(mine.special.eos).toBe(2);
    expect(mine.endOfGeneration.has(2)).toBe(true);
    folder.close();
    file.close();
  });
  const alike: [string, string, object?][] = [
    ["stories260K/hf/tokenizer.json", "stories260K/hf/tokenizer.model"],
    ["stories260K/hf/tokenizer.json", "stories260K/stories260K-q8_0.gguf"],
    ["stories260K/hf/tokenizer.json", "stories260K/hf/model.safetensors"],
    ["tokenizers/gpt2", "tokenizers/gpt2/vocab.json", { preTokenizer: "gpt-2" }],
    ["tokenizers/gpt2", "vocabularies/ggml-vocab-gpt-2.gguf"],
    ["tokenizers/t5-small", "tokenizers/t5-small/spiece.model"],
  ];
  for (const [one, other, options] of alike) {
    test(`${one} and ${other}`, async () => {
      const [a, b] = [await openTokenizer(at(one)), await openTokenizer(at(other), options)];
      for (const text of TEXTS) {
        const plain = { addSpecial: false };
        expect(b.encode(text, plain)).toEqual(a.encode(text, plain));
      }
    });
  }
  test("encoder.json with vocab.bpe, and vocab.txt", async () => {
    const llama = await openTokenizer(at("tokenizers/llama3.2"), { preTokenizer: "llama-bpe" });
    expect(llama.decode(llama.encode(TEXTS[1]!))).toBe(TEXTS[1]!);
    const bert = await openTokenizer(at("tokenizers/bert-uncased/vocab.txt"));
    expect(bert.tokenText(bert.encode("Hello")[1]!)).toBe("hello");
  });
  test("a GGUF file alone in a folder", async () => {
    const file = Bun.file(at("stories260K/stories260K-q4_0.gguf"));
    const tokenizer = await openTokenizerFrom({ "m.gguf": new Uint8Array(await file.arrayBuffer()) });
    expect(tokenizer.vocabSize).toBe(512);
  });
});
