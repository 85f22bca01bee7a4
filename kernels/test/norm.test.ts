import { expect, test } from "bun:test";
import { Bench, bits, PLAIN, RELAXED, randomFloats } from "./bench.ts";

const bench = new Bench(RELAXED);
const plain = new Bench(PLAIN);
const eps = 1e-5;

function near(got: Float32Array, want: readonly number[], scale = 4e-7): void {
  for (const [i, w] of want.entries())
    expect(Math.abs(got[i]! - w)).toBeLessThanOrEqual(Math.abs(w) * scale + 1e-7);
}

test("rmsNorm over whole rows and over heads, with a weight and without", () => {
  for (const [columns, width] of [
    [1, 1],
    [7, 7],
    [64, 64],
    [70, 70],
    [48, 12],
    [30, 5],
    [24, 8],
  ] as const) {
    const rows = 3;
    const stride = Math.ceil(columns / 16) * 64;
    const x = randomFloats(rows * columns, columns, 5);
    for (const weight of [randomFloats(width, 4, 2), undefined]) {
      const want = [...x.keys()].map((i) => {
        const start = Math.floor(i / width) * width;
        const part = x.subarray(start, start + width);
        const mean = part.reduce((s, v) => s + v * v, 0) / width;
        return (x[i]! / Math.sqrt(mean + eps)) * (weight?.[i % width] ?? 1);
      });
      const results = [bench, plain].flatMap((b) =>
        [1, 2].map((threads) => {
          b.reset();
          const [from, out] = [b.putRows(x, columns, stride), b.space(rows * stride)];
          const w = weight === undefined ? 0 : b.put(weight);
          b.run("rmsNorm", { out, x: from, weight: w, rows, columns, width, stride, epsF: eps }, threads);
          return b.takeRows(out, rows, columns, stride);
        }),
      );
      near(results[0]!, want);
      for (const other of results) expect(bits(other)).toEqual(bits(results[0]!));
    }
  }
});

test("layerNorm, with weight and bias and without", () => {
  for (const columns of [1, 5, 16, 33, 64]) {
    const rows = 2;
    const stride = Math.ceil(columns / 16) * 64;
    const x = randomFloats(rows * columns, columns + 1, 3);
    const [weight, bias] = [randomFloats(columns, 7), randomFloats(columns, 8)];
    for (const both of [true, false]) {
      const want = [...x.keys()].map((i) => {
        const start = Math.floor(i / columns) * columns;
        const row = x.subarray(start, start + columns);
        const mean = row.reduce((s, v) => s + v, 0) / columns;
        const variance = row.reduce((s, v) => s + (v - mean) ** 2, 0) / columns;
        const y = (x[i]! - mean) / Math.sqrt(variance + eps);
        return both ? y * weight[i % columns]! + bias[i % columns]! : y;
      });
      bench.reset();
      const [from, out] = [bench.putRows(x, columns, stride), bench.space(rows * stride)];
      const [w, b] = both ? [bench.put(weight), bench.put(bias)] : [0, 0];
      bench.run("layerNorm", { out, x: from, weight: w, bias: b, rows, columns, stride, epsF: eps }, 2);
      near(bench.takeRows(out, rows, columns, stride), want, 1e-6);
    }
  }
});
