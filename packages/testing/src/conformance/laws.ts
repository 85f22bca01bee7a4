import { expect, test } from "bun:test";
import type { Backend, KvType } from "@realizar/tensor";
import { firstDifference } from "./compare.ts";
import { BLOCK_SIZES, modelTrial, VOCAB } from "./models.ts";
import { batchesOf, MIXED, onlySequence, type PlannedStep, rowsOf, WHOLE } from "./plan.ts";
import { outputsOf } from "./trial.ts";

/** A tiny model that the laws are tried on. */
export interface LawModel {
  readonly label: string;
  readonly architecture: string;
  readonly type?: "Q8_0" | "Q4_0";
  readonly kvType?: KvType;
}

export const LAW_MODELS: readonly LawModel[] = [
  { label: "a tiny llama", architecture: "llama" },
  { label: "a tiny gpt-oss", architecture: "gpt-oss" },
  { label: "a tiny gemma2", architecture: "gemma2" },
  { label: "a tiny llama of Q8_0", architecture: "llama", type: "Q8_0" },
  { label: "a tiny llama of Q4_0 with KV in q8_0", architecture: "llama", type: "Q4_0", kvType: "q8_0" },
  { label: "a tiny qwen3moe with KV in f16", architecture: "qwen3moe", kvType: "f16" },
  { label: "a tiny gemma3 with KV in q16", architecture: "gemma3", kvType: "q16" },
];

/** A row's bits depend on its sequence alone, however steps are cut, rows are mixed and pages lie. */
export function rowLaws(backend: Backend, { architecture, type, kvType = "f32" }: LawModel): void {
  const run = async (plan: readonly PlannedStep[], pageSeed?: number) => {
    const options = type ? { type, sizes: BLOCK_SIZES } : {};
    const trial = await modelTrial(architecture, backend, options, kvType);
    const outputs = await outputsOf(backend, { ...trial, steps: batchesOf(plan, VOCAB, pageSeed) });
    return rowsOf(plan, outputs, VOCAB);
  };
  /** Every row of `some` is in `all`, with the same bits. */
  const within = (some: Map<string, Float32Array>, all: Map<string, Float32Array>) => {
    expect(some.size).toBeGreaterThan(3);
    for (const [key, row] of some)
      expect(`${key} ${firstDifference(row, all.get(key)!)}`).toBe(`${key} nowhere`);
  };

  test("alone as in a crowd", async () => {
    const alone = [0, 1, 2].flatMap((sequence) => onlySequence(MIXED, sequence));
    within(await run(MIXED), await run(alone));
  });
  test("in one step as in chunks", async () => within(await run(MIXED), await run(WHOLE)));
  test("in whatever pages", async () => within(await run(MIXED, 9), await run(MIXED)));
  test("whatever other rows are wanted", async () => {
    within(await run(WHOLE.map((step) => ({ ...step, wanted: [2, 7, 30, 37, 56] }))), await run(WHOLE));
  });
  test("in pages that were used before", async () =>
    within(await run([...MIXED, ...WHOLE]), await run(MIXED.concat(WHOLE[0]!), 9)));
}
