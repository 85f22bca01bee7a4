import { describe, expect, test } from "bun:test";
import { Bench, PLAIN, RELAXED, randomFloats } from "./bench.ts";
import { quantizeActivation, quantizeQ7 } from "./twins/activation.ts";

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

describe("quantizeQ7", () => {
  const quantized = (variant: typeof RELAXED, threads: number) => {
    const bench = new Bench(variant);
    const [qStride, scaleStride] = [columns * 4 + 64, columns / 8];
    const from = bench.putRows(x, columns, columns * 4 + 64);
    const q = bench.space(rows * qStride);
    const [scales, offsets] = [bench.space(rows * scaleStride), bench.space(rows * scaleStride)];
    const args = {
      x: from,
      xStride: columns * 4 + 64,
      q,
      qStride,
      scales,
      scaleStride,
      offsets,
      rows,
      columns,
    };
    bench.run("quantizeQ7", args, threads);
    const view = new DataView(bench.memory.buffer);
    const perColumn = (read: (row: number, c: number, index: number) => number) =>
      Int32Array.from({ length: rows * columns }, (_, i) =>
        read(q + Math.floor(i / columns) * qStride, i % columns, i),
      );
    return {
      scales: Float32Array.from({ length: (rows * columns) / 32 }, (_, b) =>
        view.getFloat32(scales + b * 4, true),
      ),
      numbers: perColumn((row, c) => view.getInt16(row + c * 2, true)),
      codes: perColumn((row, c) => view.getUint8(row + columns * 2 + (c >> 2) * 8 + [0, 2, 1, 3][c & 3]!)),
      pairScales: perColumn((row, c) =>
        view.getInt16(row + columns * 2 + (c >> 2) * 8 + 4 + (c & 1) * 2, true),
      ),
      minusOffsets: perColumn((_, c, i) => view.getInt16(offsets + (i >> 5) * 4 + ((c >> 4) & 1) * 2, true)),
    };
  };

  test("numbers and scales are the twin's, with any number of threads", () => {
    const twin = quantizeQ7(x);
    for (const made of [quantized(RELAXED, 1), quantized(RELAXED, 5), quantized(PLAIN, 2)]) {
      expect(made.scales).toEqual(twin.scales);
      expect(made.numbers).toEqual(twin.q);
    }
  });

  test("numbers are s u - m, within half a step of x / t; codes have seven bits", () => {
    const { numbers, scales, codes, pairScales, minusOffsets } = quantized(RELAXED, 1);
    for (const [i, n] of numbers.entries()) {
      const t = scales[i >> 5]!;
      if (t === 0) continue;
      expect(codes[i]).toBeLessThanOrEqual(127);
      expect(Math.abs(pairScales[i]!)).toBeLessThanOrEqual(127);
      expect(pairScales[i]! * codes[i]! + minusOffsets[i]!).toBe(n);
      expect(Math.abs(n - x[i]! / t)).toBeLessThanOrEqual(Math.abs(pairScales[i]!) / 2 + 0.51);
    }
  });

  test("is about as near as eight bits with one scale to numbers spread like activations", () => {
    const parts = Array.from({ length: 8 }, (_, i) => randomFloats(32 * 1000, 7 + i));
    const normal = parts[0]!.map((_, i) => parts.reduce((sum, part) => sum + part[i]!, 0));
    const error = ({ q, scales }: { q: Int32Array; scales: Float32Array }) =>
      Math.sqrt(q.reduce((sum, n, i) => sum + (n * scales[i >> 5]! - normal[i]!) ** 2, 0));
    const ratio = error(quantizeQ7(normal)) / error(quantizeActivation(normal, 32, 127));
    expect(ratio).toBeLessThan(1.05);
  });

  test("numbers all alike are exact", () => {
    expect(quantizeQ7(new Float32Array(32).fill(3.5)).q).toEqual(new Int32Array(32).fill(32000));
    expect(quantizeQ7(new Float32Array(32).fill(-3.5)).q).toEqual(new Int32Array(32).fill(-32000));
  });

  test("NaN anywhere is a scale of NaN", () => {
    for (const at of [0, 13, 31]) {
      const bench = new Bench(RELAXED);
      const from = bench.putRows(randomFloats(32, 3).fill(Number.NaN, at, at + 1), 32, 128);
      const [q, scales, offsets] = [bench.space(128), bench.space(4), bench.space(4)];
      const strides = { xStride: 128, qStride: 128, scaleStride: 4 };
      bench.run("quantizeQ7", { x: from, q, scales, offsets, ...strides, rows: 1, columns: 32 });
      expect(bench.takeFloats(scales, 1)[0]).toBeNaN();
    }
  });
});
