import { describe, expect, test } from "bun:test";
import { TINY_ARCHITECTURES, type TinyOptions, tinyCheckpoint } from "@realizar/testing";
import { ARCHITECTURES, prepareModel } from "../src/index.ts";
import expectedOutputs from "./fixtures/tiny-outputs.json";
import { outputsOf } from "./run.ts";

/** Longer than the sliding windows. */
const TOKENS = [1, 100, 7, 7, 42, 99, 3, 64, 12, 0, 5];

/** Recorded outputs, made by the reference backend when it agreed with llama.cpp on the published models. */
const VARIANTS: Readonly<Record<string, readonly [architecture: string, options: TinyOptions]>> = {
  ...Object.fromEntries(TINY_ARCHITECTURES.map((name) => [name, [name, {}] as const])),
  mixtral: ["llama", { sizes: { experts: 4 } }],
  mistral: ["llama", { keys: { "attention.sliding_window": 3 } }],
  "llama, linear rope": ["llama", { keys: { "rope.scaling.type": "linear", "rope.scaling.factor": 4 } }],
  "llama, no rope scaling": ["llama", { keys: { "rope.scaling.type": "none", "rope.dimension_count": 4 } }],
  "gemma3, capped": ["gemma3", { keys: { final_logit_softcapping: 2 } }],
};

test("every architecture has a tiny model", () => {
  expect([...TINY_ARCHITECTURES].sort()).toEqual([...ARCHITECTURES].sort());
});

describe("recorded outputs", () => {
  const recorded: Record<string, number[]> = expectedOutputs;
  for (const [name, [architecture, options]] of Object.entries(VARIANTS)) {
    test(name, async () => {
      const { rows } = await outputsOf(tinyCheckpoint(architecture, options), TOKENS);
      const shown = [...rows.at(-1)!.subarray(0, 8), ...rows[4]!.subarray(0, 8)];
      if (process.env.RECORD) recorded[name] = shown.map((value) => Number(value.toPrecision(9)));
      const expected = recorded[name]!;
      expect(shown.length).toBe(expected.length);
      for (const [i, value] of expected.entries()) expect(shown[i]).toBeCloseTo(value, 6);
    });
  }
  if (process.env.RECORD) {
    test("record", async () => {
      await Bun.write(
        `${import.meta.dir}/fixtures/tiny-outputs.json`,
        `${JSON.stringify(recorded, null, 2)}\n`,
      );
    });
  }
});

describe("architectures that are others in a special case", () => {
  /** Bit for bit, or to so many digits. */
  const same = async (
    a: Parameters<typeof outputsOf>[0],
    b: Parameters<typeof outputsOf>[0],
    digits?: number,
  ) => {
    const [left, right] = [await outputsOf(a, TOKENS), await outputsOf(b, TOKENS)];
    if (digits === undefined) return expect(left.rows).toEqual([...right.rows]);
    for (const [i, row] of left.rows.entries()) {
      for (const [j, value] of row.entries()) expect(value).toBeCloseTo(right.rows[i]![j]!, digits);
    }
  };
  const llama = tinyCheckpoint("llama");
  const tied = {
    ...llama,
    tensors: new Map([...llama.tensors].filter(([name]) => name !== "output.weight")),
  };

  test("granite without multipliers is llama", async () => {
    const keys = {
      "attention.scale": 1 / Math.sqrt(6),
      embedding_scale: 1,
      residual_scale: 1,
      logit_scale: 1,
    };
    const granite = tinyCheckpoint("granite", { keys });
    const [left, right] = [await outputsOf(granite, TOKENS), await outputsOf(tied, TOKENS)];
    for (const [i, row] of left.rows.entries()) {
      for (const [j, value] of row.entries()) expect(value).toBeCloseTo(right.rows[i]![j]!, 5);
    }
  });
  test("smollm3 of three layers is llama", () =>
    same(tinyCheckpoint("smollm3", { sizes: { layers: 3 } }), tied));
  test("a window as long as the text changes nothing", () =>
    same(tinyCheckpoint("llama", { keys: { "attention.sliding_window": 11 } }), llama));
  test("dynamic scaling is a larger base in a longer context", async () => {
    const scaling = { "rope.scaling.type": "dynamic", "rope.scaling.factor": 2 };
    const options = { contextSize: 128, kvType: "f32", pages: 1, maxRows: 1, maxOutputRows: 1 } as const;
    const prepared = await prepareModel(tinyCheckpoint("llama", { keys: scaling }), options);
    expect(prepared.request.contextSize).toBe(128);
    await same(tinyCheckpoint("llama", { keys: scaling }), llama);
    // loaded for 64 positions of an original 16: base 10000 (2 64 / 16 - 1)^(6 / 4)
    const base = 10000 * 7 ** 1.5;
    await same(
      tinyCheckpoint("llama", { keys: { ...scaling, "rope.scaling.original_context_length": 16 } }),
      tinyCheckpoint("llama", { keys: { "rope.freq_base": base } }),
      6,
    );
  });
  test("a window of one layer in gemma2 is seen", async () => {
    const wide = await outputsOf(tinyCheckpoint("gemma2", { sizes: { window: 60 } }), TOKENS);
    const narrow = await outputsOf(tinyCheckpoint("gemma2"), TOKENS);
    expect(narrow.rows[4]).toEqual(wide.rows[4]!);
    expect(narrow.rows[5]).not.toEqual(wide.rows[5]!);
  });
  test("a pattern of flags names the sliding layers", async () => {
    const flags = { "attention.sliding_window_pattern": [true, false, true] };
    const period = { "attention.sliding_window_pattern": 2 };
    await same(tinyCheckpoint("gemma2", { keys: flags }), tinyCheckpoint("gemma2", { keys: period }));
  });
});

test("an encoder's rows see the whole text, and it has no logits", async () => {
  const bert = tinyCheckpoint("bert");
  const whole = await outputsOf(bert, [1, 2, 3]);
  const other = await outputsOf(bert, [1, 2, 4]);
  expect(whole.columns).toBe(24);
  expect(other.rows[0]).not.toEqual(whole.rows[0]!);
  expect(await outputsOf(bert, [1, 2, 3], "hidden")).toEqual(whole);
});

test("hidden states are what logits are made of", async () => {
  const { columns } = await outputsOf(tinyCheckpoint("qwen2"), [1, 2], "hidden");
  expect(columns).toBe(24);
});

test("a description", async () => {
  const { description, request } = await prepareModel(tinyCheckpoint("qwen3moe"), {
    contextSize: 20,
    kvType: "f16",
    pages: 2,
    maxRows: 4,
    maxOutputRows: 2,
  });
  expect(description).toMatchObject({
    architecture: "qwen3moe",
    vocabSize: 101,
    contextSize: 64,
    embeddingLength: 24,
    layers: 3,
    heads: 4,
    kvHeads: 2,
    headDim: 6,
    causal: true,
  });
  expect(description.pooling).toBeUndefined();
  // 3 layers, keys and values, 2 heads of 6; q8_0 takes a block of 34 bytes a head
  expect(description.kvBytesPerToken("f32")).toBe(3 * 2 * 2 * 6 * 4);
  expect(description.kvBytesPerToken("f16")).toBe(3 * 2 * 2 * 6 * 2);
  expect(description.kvBytesPerToken("q8_0")).toBe(3 * 2 * 2 * 34);
  expect(description.kvBytesPerToken("q16")).toBe(3 * 2 * 2 * 68);
  expect(request).toMatchObject({ contextSize: 20, maxRows: 4, maxOutputRows: 2 });
  expect(request.kv).toEqual({ layers: 3, kvHeads: [2, 2, 2], headDim: [6, 6, 6], pages: 2, type: "f16" });
  // two of vocabulary by width, a norm; a layer: 2 norms, q k v o, 2 head norms, router, 3 matrices of 5 experts
  const layer = 2 * 24 + 24 * (24 + 12 + 12 + 24) + 2 * 6 + 5 * 24 + 3 * 5 * 20 * 24;
  expect(description.parameters).toBe(2 * 101 * 24 + 24 + 3 * layer);
});

test("encoders say how they pool, and are asked for no more than their context", async () => {
  const options = { contextSize: 1000, kvType: "f32", pages: 1, maxRows: 1, maxOutputRows: 1 } as const;
  const { description, request } = await prepareModel(tinyCheckpoint("bert"), options);
  expect(description).toMatchObject({ pooling: "cls", causal: false });
  expect(request.contextSize).toBe(64);
  const nomic = await prepareModel(tinyCheckpoint("nomic-bert"), options);
  expect(nomic.description.pooling).toBe("mean");
});

test("a weight is loaded once, beside its layer", async () => {
  const { request } = await prepareModel(tinyCheckpoint("gemma"), {
    kvType: "f32",
    pages: 1,
    maxRows: 1,
    maxOutputRows: 1,
  });
  const layers = Object.fromEntries(request.weights.map(({ name, layer }) => [name, layer]));
  expect(Object.keys(layers).length).toBe(request.weights.length);
  expect(layers).toMatchObject({
    "token_embd.weight": -1,
    "output_norm.weight": 3,
    "blk.2.attn_q.weight": 2,
  });
});
