import { describe, expect, test } from "bun:test";
import {
  ggufVocabulary,
  type Tokenizer,
  tokenizerFromGguf,
  tokenizerFromVocabAndMerges,
} from "../src/index.ts";
import { bytesOf, hasData, jsonOf, reason, textOf } from "./data.ts";
import { readMetadata } from "./gguf-metadata-reader.ts";

const NAMES = ["bert-bge", "deepseek-coder", "falcon", "gpt-2", "llama-spm", "mpt", "phi-3"];

async function records(name: string): Promise<{ text: string; ids: string }[]> {
  const texts = (await textOf(`vocabularies/ggml-vocab-${name}.gguf.inp`)).split("\n__ggml_vocab_test__\n");
  const ids = (await textOf(`vocabularies/ggml-vocab-${name}.gguf.out`)).split("\n");
  return texts.map((text, i) => ({ text, ids: (ids[i] ?? "").trim() }));
}

async function agrees(tokenizer: Tokenizer, name: string): Promise<void> {
  const all = await records(name);
  expect(all.length).toBeGreaterThan(40);
  for (const { text, ids } of all) {
    expect({ text, ids: tokenizer.encode(text, { addSpecial: false }).join(" ") }).toEqual({ text, ids });
  }
}

describe.skipIf(!hasData)(`llama.cpp's vocabularies${reason}`, () => {
  test.each(NAMES)("%s encodes as recorded", async (name) => {
    const metadata = readMetadata(await bytesOf(`vocabularies/ggml-vocab-${name}.gguf`));
    const tokenizer = tokenizerFromGguf(ggufVocabulary(metadata)!);
    await agrees(tokenizer, name);
    for (const { text } of await records(name)) {
      if (name !== "bert-bge") expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });

  test("llama-bpe from its ranks encodes as recorded", async () => {
    const merges = (await textOf("tokenizers/llama3.2/vocab.bpe")).split("\n");
    const vocab = await jsonOf("tokenizers/llama3.2/encoder.json");
    await agrees(tokenizerFromVocabAndMerges(vocab, merges, { preTokenizer: "llama-bpe" }), "llama-bpe");
  });
});
