import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { load } from "../src/index.ts";
import { dataPath, distance, type Expected, hasData, json } from "./reference-data.ts";

const title = hasData
  ? "against llama.cpp's outputs"
  : "against llama.cpp's outputs (skipped: no reference data)";

async function measure(model: string, expectedName: string): Promise<{ max: number; mean: number }> {
  const expected = json<Expected>(expectedName);
  await using llm = await load(dataPath(model), { threads: 1, kvType: "f32" });
  return distance(expected, await llm.evaluate(expected.tokens, { topLogprobs: llm.tokenizer.vocabSize }));
}

/** [max, mean] of the distance, by folder and name; the GELU of ggml is a table of f16, hence Gemma's. */
const ARCHITECTURES: Record<string, number> = { gemma: 2e-3, gemma3: 2e-3, gemma2: 5e-3 };
const QUANTIZATIONS: Record<string, [number, number]> = {
  f32: [1e-4, 1e-4],
  f16: [0.02, 0.003],
  bf16: [0.12, 0.02],
};

describe.skipIf(!hasData)(title, () => {
  const names = (folder: string) =>
    hasData
      ? readdirSync(dataPath(folder))
          .filter((file) => file.endsWith(".expected.json"))
          .map((file) => file.replace(".expected.json", ""))
      : [];

  test.each(names("architectures"))("architecture %s", async (name) => {
    const { max } = await measure(`architectures/${name}.gguf`, `architectures/${name}.expected.json`);
    expect(max).toBeLessThanOrEqual(ARCHITECTURES[name] ?? 1e-4);
  });

  test.each(names("quantizations"))("quantization %s", async (name) => {
    const { max, mean } = await measure(`quantizations/${name}.gguf`, `quantizations/${name}.expected.json`);
    const [most, average] = QUANTIZATIONS[name] ?? [0.45, 0.08];
    expect(max).toBeLessThanOrEqual(most);
    expect(mean).toBeLessThanOrEqual(average);
  });

  test.each([
    ["stories260K/stories260K-f32.gguf", "stories260K/stories260K-f32.expected.json", 1e-4, 1e-4],
    ["stories260K/hf", "stories260K/stories260K-f32.expected.json", 1e-4, 1e-4],
    ["stories260K/stories260K-q8_0.gguf", "stories260K/stories260K-q8_0.expected.json", 0.35, 0.045],
    ["stories260K/stories260K-q4_0.gguf", "stories260K/stories260K-q4_0.expected.json", 0.35, 0.045],
    ["stories260K/stories260K-q4_k_m.gguf", "stories260K/stories260K-q4_k_m.expected.json", 0.45, 0.08],
    ["checkpoints/qwen2-hf-sharded", "architectures/qwen2.expected.json", 1e-4, 1e-4],
    ["checkpoints/qwen3-hf", "architectures/qwen3.expected.json", 1e-4, 1e-4],
  ])("%s", async (model, expectedName, most, average) => {
    const { max, mean } = await measure(model, expectedName);
    expect(max).toBeLessThanOrEqual(most);
    expect(mean).toBeLessThanOrEqual(average);
  });

  test.each([
    ["q16", 1e-5, 2e-3],
    ["f16", 1e-4, 5e-3],
    ["q8_0", 1e-3, 0.1],
  ] as const)("KV cache of %s stays near", async (kvType, least, most) => {
    const expected = json<Expected>("stories260K/stories260K-f32.expected.json");
    await using llm = await load(dataPath("stories260K/stories260K-f32.gguf"), { threads: 1 });
    const { mean } = distance(expected, await llm.evaluate(expected.tokens, { topLogprobs: 512, kvType }));
    expect(mean).toBeGreaterThan(least);
    expect(mean).toBeLessThan(most);
  });

  test("an incomplete folder is refused by what it lacks", async () => {
    await expect(load(dataPath("checkpoints/tiny-one-layer"))).rejects.toThrow(/model_type|tensor/);
  });
});

describe.skipIf(!hasData)(hasData ? "greedy text" : "greedy text (skipped: no reference data)", () => {
  const expected = hasData
    ? json<Record<"f32" | "q8_0" | "q4_0", number[]>>("stories260K/greedy-tokens.json")
    : undefined;
  test.each([
    ["f32", 200],
    ["q8_0", 100],
    ["q4_0", 30],
  ] as const)("%s makes the first %d tokens of llama.cpp's", async (type, count) => {
    await using llm = await load(dataPath(`stories260K/stories260K-${type}.gguf`), { threads: 2 });
    const ids: number[] = [];
    for await (const { tokenId } of llm.generate("Once upon a time", { maxTokens: count, temperature: 0 }))
      ids.push(tokenId);
    expect(ids).toEqual(expected![type].slice(0, count));
  });
});
