import { expect, test } from "bun:test";
import type { AttentionSpec, KvType, RaggedBatch } from "@realizar/tensor";
import { kvCache } from "../../src/kv-cache.ts";
import { attention, softmax } from "../../src/ops/attention.ts";
import { close, filled, values } from "../filled.ts";

const spec: AttentionSpec = {
  heads: 1,
  kvHeads: 1,
  headDim: 1,
  scale: 1,
  window: 0,
  softcap: 0,
  causal: true,
};

function cache(type: KvType = "f32", kvHeads = 1, headDim = 1) {
  return kvCache({ layers: 1, kvHeads: [kvHeads], headDim: [headDim], pages: 3, type })[0]!;
}

/** Rows at positions 0, 1, ... of one sequence. */
function sequence(rows: number, pages = [2, 0]): RaggedBatch {
  const positions = Int32Array.from({ length: rows }, (_, i) => i);
  return {
    tokens: new Int32Array(rows),
    positions,
    sequences: new Int32Array(rows),
    pageTables: [Int32Array.from(pages)],
    logitRows: positions,
  };
}

const zeros = (rows: number, columns = 1) => filled(rows, columns, new Array<number>(rows * columns).fill(0));

test("equal scores average the values seen so far", () => {
  const y = attention(zeros(3), zeros(3), filled(3, 1, [1, 3, 8]), cache(), spec, sequence(3));
  close(y, [1, 2, 4]);
});

test("a window keeps the last positions, the row's own included", () => {
  const y = attention(
    zeros(3),
    zeros(3),
    filled(3, 1, [1, 3, 8]),
    cache(),
    { ...spec, window: 2 },
    sequence(3),
  );
  close(y, [1, 2, 5.5]);
});

test("rows that are not causal see the whole sequence", () => {
  const whole = { ...spec, causal: false };
  close(attention(zeros(3), zeros(3), filled(3, 1, [1, 3, 8]), cache(), whole, sequence(3)), [4, 4, 4]);
});

test("scores are scaled, then capped", () => {
  const batch = sequence(2);
  const two = (x: number, y: number) => filled(2, 1, [x, y]);
  const score = 4 * Math.tanh((0.5 * 2 * 5) / 4);
  const y = attention(two(0, 2), two(0, 5), two(0, 1), cache(), { ...spec, scale: 0.5, softcap: 4 }, batch);
  close(y, [0, Math.exp(score) / (1 + Math.exp(score))]);
});

test("a sink takes its share of each softmax", () => {
  const sinks = values([1], [0]);
  const y = attention(zeros(1), zeros(1), filled(1, 1, [8]), cache(), spec, sequence(1), sinks);
  close(y, [4]);
});

test("query heads share KV heads in runs", () => {
  const grouped = { ...spec, heads: 4, kvHeads: 2 };
  const y = attention(zeros(1, 4), zeros(1, 2), filled(1, 2, [5, 7]), cache("f32", 2), grouped, sequence(1));
  close(y, [5, 5, 7, 7]);
});

test("positions of earlier steps are read from their pages", () => {
  const pages = cache();
  attention(zeros(17), zeros(17), filled(17, 1, new Array(17).fill(1)), pages, spec, sequence(17));
  const next = { ...sequence(1), positions: Int32Array.of(17) };
  close(attention(zeros(1), zeros(1), filled(1, 1, [19]), pages, spec, next), [2]);
  const elsewhere = { ...next, pageTables: [Int32Array.of(1, 0)] };
  close(attention(zeros(1), zeros(1), filled(1, 1, [19]), pages, spec, elsewhere), [20 / 18]);
});

test("f16 keeps halves, q8_0 255 steps of a block's largest, q16 16,383 of a head's", () => {
  const third = filled(1, 1, [1 / 3]);
  close(attention(zeros(1), zeros(1), third, cache("f16"), spec, sequence(1)), [1365 / 4096]);
  const head = { ...spec, headDim: 2 };
  const v = filled(1, 2, [127, 0.6]);
  close(attention(zeros(1, 2), zeros(1, 2), v, cache("q8_0", 1, 2), head, sequence(1)), [127, 1]);
  const none = attention(zeros(1, 2), zeros(1, 2), zeros(1, 2), cache("q8_0", 1, 2), head, sequence(1));
  close(none, [0, 0]);
  const fine = filled(1, 2, [8191, 0.6]);
  close(attention(zeros(1, 2), zeros(1, 2), fine, cache("q16", 1, 2), head, sequence(1)), [8191, 1]);
});

test("softmax survives large logits", () => {
  expect(softmax([1000, 1000])).toEqual([0.5, 0.5]);
  expect(softmax([-1000], 1000)).toEqual([0]);
});

test("shapes that do not fit are refused", () => {
  const run = (over: Partial<AttentionSpec>, columns = 1, sinks?: number[]) =>
    attention(
      zeros(1, columns),
      zeros(1),
      zeros(1),
      cache(),
      { ...spec, ...over },
      sequence(1),
      sinks && values([sinks.length], sinks),
    );
  expect(() => run({ heads: 3, kvHeads: 2 })).toThrow("unevenly");
  expect(() => run({ headDim: 2 })).toThrow("the cache has 1 of 1");
  expect(() => run({}, 2)).toThrow("q has 2 columns");
  expect(() => run({}, 1, [1, 2])).toThrow("2 sinks");
  expect(() => attention(zeros(1), zeros(1, 2), zeros(1), cache(), spec, sequence(1))).toThrow("k or v");
  expect(() => attention(zeros(1), zeros(1), zeros(1), cache(), spec, sequence(1, []))).toThrow("no page");
});
