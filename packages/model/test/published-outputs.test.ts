import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openCheckpoint } from "@realizar/formats";
import { logProbabilities, outputsOf } from "./run.ts";

const DATA = process.env.REALIZAR_TEST_DATA ?? join(import.meta.dir, "../../../../shared/data");
const absent = !existsSync(DATA);

/** llama.cpp's log probabilities of the likeliest tokens after each position. */
interface Expected {
  readonly tokens: number[];
  readonly top_logprobs: { pos: number; top: [id: number, logProbability: number][] }[];
}

/** Model, expectation beside it or elsewhere, and the largest error: ggml's GELU is a table of halves. */
const MODELS: readonly (readonly [model: string, expected: string, error: number])[] = [
  ["stories260K/stories260K-f32.gguf", "stories260K/stories260K-f32", 1e-4],
  ["stories260K/hf", "stories260K/stories260K-f32", 1e-4],
  ["checkpoints/qwen2-hf-sharded", "architectures/qwen2", 1e-4],
  ["checkpoints/qwen3-hf", "architectures/qwen3", 1e-4],
  ...(
    [
      ["llama", 1e-4],
      ["llama-rope-yarn", 1e-4],
      ["llama3-ropefreqs", 1e-4],
      ["mixtral-moe", 1e-4],
      ["qwen2", 1e-4],
      ["qwen3", 1e-4],
      ["qwen3moe", 1e-4],
      ["phi3", 1e-4],
      ["olmo2", 1e-4],
      ["smollm3", 1e-4],
      ["gemma", 2e-3],
      ["gemma2", 5e-3],
      ["gemma3", 2e-3],
    ] as const
  ).map(([name, error]) => [`architectures/${name}.gguf`, `architectures/${name}`, error] as const),
];

describe.skipIf(absent)(`llama.cpp's probabilities${absent ? ` (skipped: no data at ${DATA})` : ""}`, () => {
  for (const [model, expected, error] of MODELS) {
    test(`${model}: within ${error}`, async () => {
      const { tokens, top_logprobs }: Expected = await Bun.file(
        join(DATA, `${expected}.expected.json`),
      ).json();
      const { rows } = await outputsOf(await openCheckpoint(join(DATA, model)), tokens);
      let largest = 0;
      for (const { pos, top } of top_logprobs) {
        const ours = logProbabilities(rows[pos]!);
        for (const [id, logProbability] of top) {
          largest = Math.max(largest, Math.abs(ours[id]! - logProbability));
        }
      }
      expect(largest).toBeLessThan(error);
    });
  }

  test("llama-2-tiny-random: logits of float64 arithmetic", async () => {
    const { cases } = await Bun.file(
      join(DATA, "architectures/llama-2-tiny-random.expected-f64.json"),
    ).json();
    const checkpoint = await openCheckpoint(join(DATA, "architectures/llama-2-tiny-random.gguf"));
    for (const { ids, top10, logits_first16, greedy32 } of cases) {
      const { rows } = await outputsOf(checkpoint, ids);
      const last = rows.at(-1)!;
      for (const [i, logit] of logits_first16.entries()) expect(last[i]).toBeCloseTo(logit, 6);
      for (const [id, logit] of top10) expect(last[id]).toBeCloseTo(logit, 6);
      expect(last.indexOf(Math.max(...last))).toBe(greedy32[0]);
    }
  });
});
