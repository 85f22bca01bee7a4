import { describe, expect, test } from "bun:test";
import { Bench, PLAIN, RELAXED, randomFloats } from "./bench.ts";
import { quantizeQ8, quantizeQ8Fours, quantizeQ8K, quantizeQ16, TOP } from "./twins/activation.ts";

const columns = 512;
const rows = 3;
const x = randomFloats(rows * columns, 1, 4);
// A block of zeros, one with a single spike, one of tiny numbers; a row of zeros.
x.fill(0, 0, 32);
x.fill(0, 256, 512);
x[300] = -7;
for (let i = 512; i < 768; i++) x[i]! *= 1e-30;
x.fill(0, 1024);

describe("quantizeQ8K", () => {
  const blocks = (rows * columns) / 256;
  const quantized = (variant: typeof RELAXED, threads: number) => {
    const bench = new Bench(variant);
    const [qStride, scaleStride] = [columns + 32, columns / 2];
    const from = bench.putRows(x, columns, columns * 4 + 64);
    const [q, scales] = [bench.space(rows * qStride), bench.space(rows * scaleStride)];
    const strides = { xStride: columns * 4 + 64, qStride, scaleStride };
    bench.run("quantizeQ8K", { x: from, q, scales, ...strides, rows, columns }, threads);
    const view = new DataView(bench.memory.buffer);
    const at = (block: number) => scales + block * 128;
    return {
      view,
      at,
      numbers: Int32Array.from(x, (_, i) =>
        view.getInt8(q + Math.floor(i / columns) * qStride + (i % columns)),
      ),
      scales: Float32Array.from({ length: blocks }, (_, b) => view.getFloat32(at(b), true)),
    };
  };

  test("numbers and scales are the twin's", () => {
    const twin = quantizeQ8K(x);
    for (const made of [quantized(RELAXED, 1), quantized(RELAXED, 5), quantized(PLAIN, 2)]) {
      expect(made.scales).toEqual(twin.scales);
      expect(made.numbers).toEqual(twin.q);
    }
  });

  test("sums of column pairs, and of whole runs", () => {
    const { view, at, numbers } = quantized(RELAXED, 1);
    for (let i = 0; i < numbers.length / 16; i++) {
      const [record, run] = [at(i >> 4), i & 15];
      const [low, high] = pairSums(numbers.subarray(i * 16, i * 16 + 16));
      expect(view.getInt16(record + 16 + run * 4, true)).toBe(low);
      expect(view.getInt16(record + 18 + run * 4, true)).toBe(high);
      expect(view.getInt16(record + 96 + run * 2, true)).toBe(low + high);
      const two = pairSums(numbers.subarray((i & ~1) * 16, (i | 1) * 16 + 16));
      expect(view.getInt16(record + 80 + (run >> 1) * 2, true)).toBe(two[0] + two[1]);
    }
  });
});

/** The sums of columns 4j and 4j + 1, and of 4j + 2 and 4j + 3. */
function pairSums(numbers: Int32Array): [number, number] {
  const sum = (keep: number) => numbers.reduce((total, n, c) => total + ((c & 2) === keep ? n : 0), 0);
  return [sum(0), sum(2)];
}

describe("quantizeQ8", () => {
  const quantized = (variant: typeof RELAXED, threads: number, from = x) => {
    const bench = new Bench(variant);
    const count = from.length / columns;
    const [qStride, scaleStride] = [columns + 32, 4 + columns / 8];
    const address = bench.putRows(from, columns, columns * 4 + 64);
    const q = bench.space(count * qStride);
    const [scales, sums] = [bench.space(count * scaleStride), bench.space(count * scaleStride)];
    const strides = { xStride: columns * 4 + 64, qStride, scaleStride };
    bench.run("quantizeQ8", { x: address, q, scales, sums, ...strides, rows: count, columns }, threads);
    const view = new DataView(bench.memory.buffer);
    const at = (i: number) => Math.floor(i / columns) * scaleStride + ((i % columns) >> 5) * 4;
    const numbers = Int32Array.from(from, (_, i) =>
      view.getInt8(q + Math.floor(i / columns) * qStride + (i % columns)),
    );
    const ofBlocks = Int32Array.from(from, (_, i) => view.getInt16(scales + 4 + at(i), true));
    return {
      numbers,
      ofBlocks,
      products: numbers.map((a, i) => a * ofBlocks[i]!),
      copies: Int32Array.from(from, (_, i) => view.getInt16(scales + 6 + at(i), true)),
      scales: Float32Array.from({ length: count }, (_, r) => view.getFloat32(scales + r * scaleStride, true)),
      sums: (i: number) => [view.getInt16(sums + at(i), true), view.getInt16(sums + at(i) + 2, true)],
    };
  };

  test("numbers and scales are the twin's, with any number of threads", () => {
    const twins = rowsOf(x).map(quantizeQ8);
    for (const made of [quantized(RELAXED, 1), quantized(RELAXED, 5), quantized(PLAIN, 2)]) {
      expect([...made.scales]).toEqual(twins.map(({ scales }) => scales[0]!));
      expect([...made.products]).toEqual(twins.flatMap(({ q }) => [...q]));
      expect(made.copies).toEqual(made.ofBlocks);
    }
  });

  test("sums of column pairs of each block", () => {
    const { numbers, sums } = quantized(RELAXED, 1);
    for (let i = 0; i < numbers.length; i += 32)
      expect(sums(i)).toEqual(pairSums(numbers.subarray(i, i + 32)));
  });

  test("numbers are within half a step of x, however they are spread; a step is a block's amax / 127 or a millionth of the row's", () => {
    for (const from of [x, spread]) {
      const { ofBlocks, products, scales } = quantized(RELAXED, 1, from);
      for (const [i, n] of products.entries()) {
        const t = scales[Math.floor(i / columns)]!;
        expect(ofBlocks[i]).toBeWithin(1, 16385);
        expect(Math.abs(n - from[i]! / t)).toBeLessThanOrEqual(ofBlocks[i]! * 0.501);
        const amax = Math.max(...from.subarray(i & ~31, (i | 31) + 1).map(Math.abs));
        expect(ofBlocks[i]! * t).toBeLessThanOrEqual(amax / 127 + t * 1.01);
        const most = Math.max(...from.subarray(i - (i % columns), i - (i % columns) + columns).map(Math.abs));
        expect(t).toBeLessThanOrEqual(Math.max(most * 1e-6, 2 ** -110));
      }
    }
  });

  test("NaN or infinity anywhere is a scale of NaN", () => {
    for (const from of spoiled()) expect(quantized(RELAXED, 1, from).scales[0]).toBeNaN();
  });
});

const rowsOf = (numbers: Float32Array) =>
  Array.from({ length: numbers.length / columns }, (_, r) =>
    numbers.subarray(r * columns, (r + 1) * columns),
  );

/** Rows of numbers spread as no model's are, each block in its own way. */
const spread = Float32Array.from({ length: columns * 40 }, (_, i) => {
  const v = randomFloats(1, i)[0]!;
  return [v, v ** 9, Math.abs(v), -1, i & 1 ? 1 : 1e-3, Math.sign(v), v * 1e30, v * 1e-30][
    (((i >> 5) + Math.floor(i / columns)) % 8) & (i < columns * 20 ? 7 : 5)
  ]!;
});

function spoiled(): Float32Array[] {
  return [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].flatMap((wrong) =>
    [0, 13, 300].map((at) => randomFloats(columns, 3).fill(wrong, at, at + 1)),
  );
}

describe("quantizeQ8Fours", () => {
  /** Of columns 8i .. 8i+7, the four that share column c's scale. */
  const fourOf = (c: number) => [0, 1, 4, 5].map((k) => (c & ~7) + (c & 2) + k);

  const quantized = (variant: typeof RELAXED, threads: number, from = x, top: number = TOP.bytes) => {
    const bench = new Bench(variant);
    const count = from.length / columns;
    const qStride = columns * 2 + 64;
    const address = bench.putRows(from, columns, columns * 4 + 64);
    const q = bench.space(count * qStride);
    const scales = bench.space(count * 4);
    const strides = { xStride: columns * 4 + 64, qStride, scaleStride: 4 };
    bench.run("quantizeQ8Fours", { x: address, q, scales, ...strides, rows: count, columns, top }, threads);
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
      scales: bench.takeFloats(scales, count),
    };
  };

  test("numbers and scales are the twin's, with any number of threads", () => {
    const twins = rowsOf(x).map((row) => quantizeQ8Fours(row));
    for (const made of [quantized(RELAXED, 1), quantized(RELAXED, 5), quantized(PLAIN, 2)]) {
      expect([...made.scales]).toEqual(twins.map(({ scales }) => scales[0]!));
      expect([...made.products]).toEqual(twins.flatMap(({ q }) => [...q]));
    }
  });

  test("numbers are within half a step of x; neither sign of four sums to more than it may, however they are spread", () => {
    for (const [from, top] of [x, spread].flatMap((from) =>
      Object.values(TOP).map((top) => [from, top] as const),
    )) {
      const { numbers, ofFours, products, scales } = quantized(RELAXED, 1, from, top);
      for (const [i, n] of products.entries()) {
        const four = fourOf(i).map((c) => numbers[c]!);
        const sumOf = (keep: (a: number) => number) => four.reduce((sum, a) => sum + keep(a), 0);
        expect(sumOf((a) => Math.max(a, 0))).toBeLessThanOrEqual(top + 2);
        expect(sumOf((a) => Math.max(-a, 0))).toBeLessThanOrEqual(top + 2);
        expect(ofFours[i]).toBeWithin(1, 8001);
        const t = scales[Math.floor(i / columns)]!;
        expect(Math.abs(n - from[i]! / t)).toBeLessThanOrEqual(ofFours[i]! * 0.501);
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
      Math.sqrt(q.reduce((sum, n, i) => sum + (n * scales[0]! - normal[i]!) ** 2, 0));
    expect(error(quantizeQ8Fours(normal)) / error(quantizeQ8(normal))).toBeLessThan(1.2);
  });

  test("NaN or infinity anywhere is a scale of NaN", () => {
    for (const from of spoiled()) expect(quantized(RELAXED, 1, from).scales[0]).toBeNaN();
  });
});

test.each([1, 31, 32, 75])(
  "quantizeQ16: numbers and scales are the twin's, %d columns, with any number of threads",
  (width) => {
    const count = 4;
    const from = randomFloats(count * width, width, 5);
    from.fill(0, 0, Math.min(32, width));
    const twins = Array.from({ length: count }, (_, r) =>
      quantizeQ16(from.subarray(r * width, (r + 1) * width)),
    );
    const blocks = Math.ceil(width / 32);
    const [xStride, qStride, scaleStride] = [Math.ceil(width / 16) * 64, blocks * 64 + 32, blocks * 4 + 8];
    for (const [variant, threads] of [
      [RELAXED, 1],
      [RELAXED, 3],
      [PLAIN, 2],
    ] as const) {
      const bench = new Bench(variant);
      const [q, scales] = [bench.space(count * qStride), bench.space(count * scaleStride)];
      // What follows a row's numbers does not matter.
      const address = bench.space(count * xStride, 0xff);
      for (let r = 0; r < count; r++)
        bench.floats.set(from.subarray(r * width, (r + 1) * width), (address + r * xStride) >> 2);
      const strides = { xStride, qStride, scaleStride };
      bench.run("quantizeQ16", { x: address, q, scales, ...strides, rows: count, columns: width }, threads);
      const view = new DataView(bench.memory.buffer);
      for (const [r, twin] of twins.entries()) {
        expect(bench.takeFloats(scales + r * scaleStride, blocks)).toEqual(twin.scales);
        const numbers = Array.from({ length: blocks * 32 }, (_, c) =>
          view.getInt16(q + r * qStride + c * 2, true),
        );
        expect(numbers).toEqual([...twin.q, ...new Array(blocks * 32 - width).fill(0)]);
      }
    }
  },
);
