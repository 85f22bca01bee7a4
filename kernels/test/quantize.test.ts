import { describe, expect, test } from "bun:test";
import { Bench, PLAIN, RELAXED, randomFloats } from "./bench.ts";
import { quantizeActivation } from "./twins/activation.ts";

const columns = 512;
const rows = 3;
const x = randomFloats(rows * columns, 1, 4);
// A block of zeros, one with a single spike, one of tiny numbers.
x.fill(0, 0, 32);
x.fill(0, 256, 512);
x[300] = -7;
for (let i = 512; i < 768; i++) x[i]! *= 1e-30;

const forms = [
  { op: "quantizeQ16", block: 32, top: 32767, bytes: 2, scaleBytes: 4 },
  { op: "quantizeQ8", block: 32, top: 127, bytes: 1, scaleBytes: 4 },
  { op: "quantizeQ8K", block: 256, top: 127, bytes: 1, scaleBytes: 128 },
] as const;

describe.each(forms)("$op", ({ op, block, top, bytes, scaleBytes }) => {
  const quantized = (variant: typeof RELAXED, threads: number) => {
    const bench = new Bench(variant);
    const [qStride, scaleStride] = [columns * bytes + 32, (columns / block) * scaleBytes];
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
      for (let c = 0; c < columns; c++)
        numbers[r * columns + c] =
          bytes === 2 ? view.getInt16(q + r * qStride + c * 2, true) : view.getInt8(q + r * qStride + c);
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
    const twin = quantizeActivation(x, block, top);
    for (const threads of [1, 2, 5]) {
      const made = quantized(RELAXED, threads);
      expect(made.scales).toEqual(twin.scales);
      expect(made.numbers).toEqual(twin.q);
    }
    expect(quantized(PLAIN, 1).numbers).toEqual(twin.q);
  });

  if (op !== "quantizeQ16") {
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
  }
});
