import { describe, expect, test } from "bun:test";
import { Bench, PLAIN, RELAXED, randomFloats } from "./bench.ts";
import { quantizeActivation, quantizeQ8Fours } from "./twins/activation.ts";

const columns = 512;
const rows = 3;
const x = randomFloats(rows * columns, 1, 4);
// A block of zeros, one with a single spike, one of tiny numbers.
x.fill(0, 0, 32);
x.fill(0, 256, 512);
x[300] = -7;
for (let i = 512; i < 768; i++) x[i]! *= 1e-30;

const forms = [
  { op: "quantizeQ8", block: 32, scaleBytes: 4 },
  { op: "quantizeQ8K", block: 256, scaleBytes: 128 },
] as const;

describe.each(forms)("$op", ({ op, block, scaleBytes }) => {
  const quantized = (variant: typeof RELAXED, threads: number) => {
    const bench = new Bench(variant);
    const [qStride, scaleStride] = [columns + 32, (columns / block) * scaleBytes];
    const from = bench.putRows(x, columns, columns * 4 + 64);
    const [q, scales, sums] = [
      bench.space(rows * qStride),
      bench.space(rows * scaleStride),
      bench.space(rows * scaleStride),
    ];
    const args = { x: from, xStride: columns * 4 + 64, q, qStride, scales, scaleStride, sums, rows, columns };
    bench.run(op, args, threads);
    const numbers = new Int32Array(rows * columns);
    const view = new DataView(bench.memory.buffer);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) numbers[r * columns + c] = view.getInt8(q + r * qStride + c);
    const blocks = (rows * columns) / block;
    const at = (b: number) => scales + b * scaleBytes;
    return {
      view,
      sums,
      at,
      numbers,
      scales: Float32Array.from({ length: blocks }, (_, b) => view.getFloat32(at(b), true)),
    };
  };

  test("numbers and scales are the twin's", () => {
    const twin = quantizeActivation(x, block, 127);
    for (const threads of [1, 2, 5]) {
      const made = quantized(RELAXED, threads);
      expect(made.scales).toEqual(twin.scales);
      expect(made.numbers).toEqual(twin.q);
    }
    expect(quantized(PLAIN, 1).numbers).toEqual(twin.q);
  });

  test("sums of column pairs, and of whole runs", () => {
    const { view, sums, at, numbers } = quantized(RELAXED, 1);
    const run = block === 32 ? 32 : 16;
    const total = (from: number, count: number, keep = (_: number) => true) => {
      let sum = 0;
      for (let i = 0; i < count; i++) if (keep(i)) sum += numbers[from + i]!;
      return sum;
    };
    for (let i = 0; i < numbers.length / run; i++) {
      const where = block === 32 ? sums + i * 4 : at(i >> 4) + 16 + (i & 15) * 4;
      expect(view.getInt16(where, true)).toBe(total(i * run, run, (c) => (c & 2) === 0));
      expect(view.getInt16(where + 2, true)).toBe(total(i * run, run, (c) => (c & 2) !== 0));
      if (block === 256) {
        expect(view.getInt16(at(i >> 4) + 96 + (i & 15) * 2, true)).toBe(total(i * 16, 16));
        expect(view.getInt16(at(i >> 4) + 80 + ((i & 15) >> 1) * 2, true)).toBe(total((i & ~1) * 16, 32));
      }
    }
  });
});

describe("quantizeQ8Fours", () => {
  /** Of columns 8i .. 8i+7, the four that share column c's scale. */
  const fourOf = (c: number) => [0, 1, 4, 5].map((k) => (c & ~7) + (c & 2) + k);

  const quantized = (variant: typeof RELAXED, threads: number, from = x) => {
    const bench = new Bench(variant);
    const count = from.length / columns;
    const qStride = columns * 2 + 64;
    const address = bench.putRows(from, columns, columns * 4 + 64);
    const q = bench.space(count * qStride);
    const strides = { xStride: columns * 4 + 64, qStride };
    bench.run("quantizeQ8Fours", { x: address, q, ...strides, rows: count, columns }, threads);
    const view = new DataView(bench.memory.buffer);
    const eight = (i: number) => q + Math.floor(i / columns) * qStride + ((i % columns) >> 3) * 16;
    const numbers = Int32Array.from(from, (_, i) => view.getInt8(eight(i) + (i & 7)));
    const ofFours = Int32Array.from(from, (_, i) => view.getInt16(eight(i) + 8 + (i & 2), true));
    const blocks = Array.from({ length: from.length / 32 }, (_, b) => b * 32);
    return {
      numbers,
      ofFours,
      products: numbers.map((a, i) => a * ofFours[i]!),
      starts: blocks.map((i) => view.getInt32(eight(i) + 12, true)),
      scales: Float32Array.from(blocks, (i) => view.getFloat32(eight(i) + 28, true)),
    };
  };

  test("numbers and scales are the twin's, with any number of threads", () => {
    const twin = quantizeQ8Fours(x);
    for (const made of [quantized(RELAXED, 1), quantized(RELAXED, 5), quantized(PLAIN, 2)]) {
      expect(made.scales).toEqual(twin.scales);
      expect(made.products).toEqual(twin.q);
    }
  });

  test("numbers are within half a step of x; neither sign of four sums to more than 128, however they are spread", () => {
    const spread = Float32Array.from({ length: columns * 40 }, (_, i) => {
      const v = randomFloats(1, i)[0]!;
      return [v, v ** 9, Math.abs(v), -1, i & 1 ? 1 : 1e-3, Math.sign(v), v * 1e30, v * 1e-30][(i >> 5) & 7]!;
    });
    for (const from of [x, spread]) {
      const { numbers, ofFours, products, scales } = quantized(RELAXED, 1, from);
      for (const [i, n] of products.entries()) {
        const four = fourOf(i).map((c) => numbers[c]!);
        const sumOf = (keep: (a: number) => number) => four.reduce((sum, a) => sum + keep(a), 0);
        expect(sumOf((a) => Math.max(a, 0))).toBeLessThanOrEqual(128);
        expect(sumOf((a) => Math.max(-a, 0))).toBeLessThanOrEqual(128);
        expect(ofFours[i]).toBeWithin(1, 4001);
        expect(Math.abs(n - from[i]! / scales[i >> 5]!)).toBeLessThanOrEqual(ofFours[i]! * 0.501);
      }
    }
  });

  test("a block starts at what its bias adds, less: 128 times its numbers on x86, nothing without relaxed SIMD", () => {
    const { products, starts } = quantized(RELAXED, 1);
    const sums = starts.map((_, b) => products.subarray(b * 32, b * 32 + 32).reduce((sum, n) => sum + n, 0));
    const bias = starts.some((start) => start !== 0) ? 128 : 0;
    expect(starts).toEqual(sums.map((sum) => -bias * sum || 0));
    expect(bias).toBe(process.arch === "x64" ? 128 : 0);
    expect(quantized(PLAIN, 1).starts.every((start) => start === 0)).toBe(true);
  });

  test("is about as near as eight bits with one scale to numbers spread like activations", () => {
    const parts = Array.from({ length: 8 }, (_, i) => randomFloats(32 * 1000, 7 + i));
    const normal = parts[0]!.map((_, i) => parts.reduce((sum, part) => sum + part[i]!, 0));
    const error = ({ q, scales }: { q: Int32Array; scales: Float32Array }) =>
      Math.sqrt(q.reduce((sum, n, i) => sum + (n * scales[i >> 5]! - normal[i]!) ** 2, 0));
    const ratio = error(quantizeQ8Fours(normal)) / error(quantizeActivation(normal, 32, 127));
    expect(ratio).toBeLessThan(1.2);
  });

  test("NaN or infinity anywhere is a scale of NaN", () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const at of [0, 13, 31]) {
        const from = randomFloats(columns, 3).fill(wrong, at, at + 1);
        expect(quantized(RELAXED, 1, from).scales[0]).toBeNaN();
      }
    }
  });
});
