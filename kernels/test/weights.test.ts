import { describe, expect, test } from "bun:test";
import { GGML_TYPES } from "@realizar/gguf";
import { Bench, bits, PLAIN, RELAXED, randomFloats } from "./bench.ts";
import { embed, multiply } from "./linear.ts";
import { dotFloats, dotRow, dotWords, wordsOf } from "./twins/linear.ts";
import { FLOAT_TYPES, floatsOf, packInto, QUANTIZED_TYPES, weightRows } from "./weights.ts";

const relaxed = new Bench(RELAXED);
const plain = new Bench(PLAIN);

/** Largest share of a file's bytes that packing may take. */
const MOST = 1.25;

/** Threads, and streams of one token's products: more groups than streams, fewer, and a rest. */
const STREAMS = [
  [1, 1],
  [1, 4],
  [1, 8],
  [3, 3],
  [2, 64],
] as const;

describe.each([...QUANTIZED_TYPES])("%s", (type) => {
  const { blockLength, blockBytes } = GGML_TYPES[type];
  const bench = () => {
    relaxed.reset();
    plain.reset();
    return relaxed;
  };

  test.each(["random", "extreme"] as const)("rows unpack to dequantize's bits, %s blocks", (kind) => {
    const [rows, columns] = [21, blockLength * 3];
    const data = weightRows(type, rows, columns, 7, kind);
    const w = packInto(bench(), type, data, rows, columns);
    const order = Array.from({ length: rows }, (_, i) => (i * 8) % rows);
    const all = floatsOf(type, data);
    const expected = order.flatMap((r) => [...all.subarray(r * columns, (r + 1) * columns)]);
    expect(bits(embed(relaxed, w, order))).toEqual(bits(Float32Array.from(expected)));
  });

  test.each(["random", "extreme"] as const)("products have the twin's bits, %s blocks", (kind) => {
    for (const blocks of [1, 2, 5]) {
      const [rows, columns, tokens] = [3, blockLength * blocks, 2];
      const data = weightRows(type, rows, columns, blocks, kind);
      const w = packInto(bench(), type, data, rows, columns);
      const x = randomFloats(tokens * columns, 11, 3);
      if (kind === "extreme") for (let i = 0; i < columns; i++) x[i] = i % 3 === 0 ? -5 : 5;
      const rowBytes = (columns / blockLength) * blockBytes;
      const expected = new Float32Array(tokens * rows);
      for (let t = 0; t < tokens; t++) {
        for (let r = 0; r < rows; r++) {
          const row = data.subarray(r * rowBytes, (r + 1) * rowBytes);
          expected[t * rows + r] = dotRow(type, row, x.subarray(t * columns, (t + 1) * columns));
        }
      }
      expect(bits(multiply(relaxed, type, w, x))).toEqual(bits(expected));
    }
  });

  test("a token's bits are the same alone, among others, in shares and without relaxed SIMD", () => {
    for (const blocks of [1, 3, 8, blockLength === 32 ? 19 : 2]) {
      const [rows, columns, tokens] = [37, blockLength * blocks, 9];
      const data = weightRows(type, rows, columns, blocks + 20);
      const x = randomFloats(tokens * columns, blocks, 2);
      const w = packInto(bench(), type, data, rows, columns, 2);
      const together = multiply(relaxed, type, w, x);
      for (const count of [1, 2, 3, 4, 5]) {
        const few = multiply(relaxed, type, w, x.subarray(0, count * columns));
        expect(bits(few)).toEqual(bits(together.slice(0, count * rows)));
      }
      const last = multiply(relaxed, type, w, x.subarray((tokens - 1) * columns));
      expect(bits(last)).toEqual(bits(together.slice((tokens - 1) * rows)));
      expect(bits(multiply(relaxed, type, w, x, 3))).toEqual(bits(together));
      const v = packInto(plain, type, data, rows, columns);
      expect(bits(multiply(plain, type, v, x))).toEqual(bits(together));
      expect(bits(multiply(plain, type, v, x.subarray(0, columns)))).toEqual(bits(together.slice(0, rows)));
    }
  });

  test("rows 1 to 40 each give their own product", () => {
    const columns = blockLength;
    const data = weightRows(type, 40, columns, 3);
    const x = randomFloats(columns, 5);
    const rowBytes = data.length / 40;
    bench();
    const all = multiply(relaxed, type, packInto(relaxed, type, data, 40, columns), x);
    for (let rows = 1; rows < 40; rows++) {
      const w = packInto(bench(), type, data.subarray(0, rows * rowBytes), rows, columns);
      expect(bits(multiply(relaxed, type, w, x))).toEqual(bits(all.slice(0, rows)));
    }
  });

  test("streams of several groups and what is left of them give a token the same bits as many tokens get", () => {
    const [rows, columns, tokens] = [149, Math.max(blockLength * 3, 224), 131];
    const data = weightRows(type, rows, columns, 15);
    const x = randomFloats(tokens * columns, 16);
    const w = packInto(bench(), type, data, rows, columns);
    const together = multiply(relaxed, type, w, x);
    for (const count of [1, 2, 3]) {
      for (const [threads, streams] of STREAMS) {
        const few = multiply(relaxed, type, w, x.subarray(0, count * columns), threads, streams);
        expect(bits(few)).toEqual(bits(together.slice(0, count * rows)));
      }
    }
    const last = multiply(relaxed, type, w, x.subarray((tokens - 3) * columns));
    expect(bits(last)).toEqual(bits(together.slice((tokens - 3) * rows)));
  });

  test("more columns than are unpacked at once, for more tokens than one, give a token the same bits", () => {
    const [rows, columns, tokens] = [33, blockLength === 32 ? 1120 : 1280, 26];
    const x = randomFloats(tokens * columns, 19);
    const w = packInto(bench(), type, weightRows(type, rows, columns, 20), rows, columns);
    const together = multiply(relaxed, type, w, x);
    for (const token of [0, tokens - 1]) {
      const alone = multiply(relaxed, type, w, x.subarray(token * columns, (token + 1) * columns));
      expect(bits(alone)).toEqual(bits(together.slice(token * rows, (token + 1) * rows)));
    }
  });

  test("products at the ends of their integers have the twin's bits: steps and sums as large as they get", () => {
    const [rows, columns] = [16, Math.max(blockLength, 64)];
    const shapes = [
      (_: number) => 1,
      (i: number) => (i % 2 === 0 ? 1 : -1),
      (i: number) => (i % 4 < 2 ? 1 : -1),
      (i: number) => (i % 8 === 0 ? -1 : i % 8 === 3 ? 0.9999 : 0),
      (i: number) => (i % 4 === 3 ? 0.0118 : 0.3294),
    ];
    const data = weightRows(type, rows, columns, 21, "extreme");
    const w = packInto(bench(), type, data, rows, columns);
    const rowBytes = data.length / rows;
    for (const shape of shapes) {
      const x = Float32Array.from({ length: columns }, (_, i) => shape(i));
      const expected = Float32Array.from({ length: rows }, (_, r) =>
        dotRow(type, data.subarray(r * rowBytes, (r + 1) * rowBytes), x),
      );
      expect(bits(multiply(relaxed, type, w, x))).toEqual(bits(expected));
    }
  });

  test("infinite activations give one token what they give among others, without relaxed SIMD too, and nothing finite", () => {
    const [rows, columns] = [16, Math.max(blockLength, 32)];
    const x = randomFloats(7 * columns, 17).fill(Number.POSITIVE_INFINITY, 3, 4);
    for (let t = 1; t < 7; t++) x.copyWithin(t * columns, 0, columns);
    const w = packInto(bench(), type, weightRows(type, rows, columns, 18), rows, columns);
    const together = [...multiply(relaxed, type, w, x)].slice(0, rows);
    expect(together.some(Number.isFinite)).toBe(false);
    expect([...multiply(relaxed, type, w, x.subarray(0, columns))]).toEqual(together);
    const v = packInto(plain, type, weightRows(type, rows, columns, 18), rows, columns);
    expect([...multiply(plain, type, v, x)].slice(0, rows)).toEqual(together);
  });

  test("a weight at the memory's very end has the same products", () => {
    const [rows, columns] = [16, blockLength * 3];
    const data = weightRows(type, rows, columns, 13);
    for (const tokens of [1, 7]) {
      const x = randomFloats(tokens * columns, 14);
      const w = packInto(bench(), type, data, rows, columns);
      const expected = multiply(relaxed, type, w, x);
      const address = relaxed.bytes.length - w.groupBytes;
      relaxed.bytes.copyWithin(address, w.address, w.address + w.groupBytes);
      expect(bits(multiply(relaxed, type, { ...w, address }, x))).toEqual(bits(expected));
    }
  });

  test("what is touched ahead is in the memory, wherever that ends", () => {
    const [rows, columns] = [16, blockLength];
    const x = randomFloats(23 * columns, 14);
    const w = packInto(bench(), type, weightRows(type, rows, columns, 13), rows, columns);
    const ahead = relaxed.kernels.group_bytes(GGML_TYPES[type].id, 256) * 2;
    for (const tokens of [3, 12, 23]) {
      const form = x.subarray(0, tokens * columns);
      const expected = bits(multiply(relaxed, type, w, form));
      for (let more = 0; more <= 832; more += 64) {
        const address = relaxed.bytes.length - ahead - more;
        relaxed.bytes.copyWithin(address, w.address, w.address + w.groupBytes);
        expect(bits(multiply(relaxed, type, { ...w, address }, form))).toEqual(expected);
      }
    }
  });

  test("packed rows are hardly larger than a file's", () => {
    const columns = 256;
    const file = (columns / blockLength) * blockBytes * 16;
    expect(relaxed.kernels.group_bytes(GGML_TYPES[type].id, columns) / file).toBeLessThanOrEqual(MOST);
  });
});

describe.each([...FLOAT_TYPES])("%s", (type) => {
  const dot = type === "F32" ? dotFloats : (w: Float32Array, x: Float32Array) => dotWords(type, w, x);
  /** A row's numbers as they are kept. */
  const kept = (row: Float32Array) => {
    if (type === "F32") return row;
    const { n, d } = wordsOf(type, row);
    return Float32Array.from(n, (v, i) => v * d[i >> 5]!);
  };

  test.each(["random", "extreme"] as const)("rows and products, columns 1 to 70, %s numbers", (kind) => {
    const rows = 18;
    for (let columns = 1; columns <= 70; columns += columns < 10 ? 1 : 7) {
      relaxed.reset();
      const data = weightRows(type, rows, columns, columns, kind);
      const floats = floatsOf(type, data);
      const w = packInto(relaxed, type, data, rows, columns);
      const order = Array.from({ length: rows }, (_, i) => rows - 1 - i);
      const expected = order.flatMap((r) => [...kept(floats.subarray(r * columns, (r + 1) * columns))]);
      expect(bits(embed(relaxed, w, order))).toEqual(bits(Float32Array.from(expected)));
      const tokens = 9;
      const x = randomFloats(tokens * columns, columns + 1);
      const products = new Float32Array(tokens * rows);
      for (let t = 0; t < tokens; t++)
        for (let r = 0; r < rows; r++)
          products[t * rows + r] = dot(
            floats.subarray(r * columns, (r + 1) * columns),
            x.subarray(t * columns, (t + 1) * columns),
          );
      expect(bits(multiply(relaxed, type, w, x))).toEqual(bits(products));
    }
  });

  test("a token's bits are the same alone, among others, in shares and without relaxed SIMD", () => {
    const [rows, columns, tokens] = [35, 300, 9];
    relaxed.reset();
    plain.reset();
    const data = weightRows(type, rows, columns, 9);
    const x = randomFloats(tokens * columns, 10);
    const w = packInto(relaxed, type, data, rows, columns, 3);
    const together = multiply(relaxed, type, w, x);
    for (const count of [1, 2, 3, 4, 5, 7])
      expect(bits(multiply(relaxed, type, w, x.subarray(0, count * columns)))).toEqual(
        bits(together.slice(0, count * rows)),
      );
    expect(bits(multiply(relaxed, type, w, x, 2))).toEqual(bits(together));
    expect(bits(multiply(plain, type, packInto(plain, type, data, rows, columns), x))).toEqual(
      bits(together),
    );
    const bytes = type === "F32" ? 64 * columns : 1056 * Math.ceil(columns / 32);
    expect(relaxed.kernels.group_bytes(GGML_TYPES[type].id, columns)).toBe(bytes);
  });
});

describe.each(["F16", "BF16"] as const)("%s", (type) => {
  test("a row's largest numbers of 32 and those down to a quarter are kept, all within a 2^-13 of the largest", () => {
    const [rows, columns] = [18, 96];
    relaxed.reset();
    const data = weightRows(type, rows, columns, 4);
    const view = new DataView(data.buffer);
    // Numbers of all magnitudes, subnormal ones too; 32 zeros.
    for (let i = 0; i < rows * columns; i++) {
      const exponent = type === "F16" ? (i * 7) % 31 : (i * 7) % 250;
      const mantissa = (i * 1237) & (type === "F16" ? 0x3ff : 0x7f);
      view.setUint16(i * 2, ((i & 1) << 15) | (exponent << (type === "F16" ? 10 : 7)) | mantissa, true);
    }
    data.fill(0, 0, 64);
    // 32 numbers that are all tiny, subnormal ones among them.
    for (let i = 96; i < 128; i++)
      view.setUint16(i * 2, i % 2 === 0 ? i * 13 : (i % 3) << (type === "F16" ? 10 : 7), true);
    const floats = floatsOf(type, data);
    const w = packInto(relaxed, type, data, rows, columns);
    const got = embed(
      relaxed,
      w,
      Array.from({ length: rows }, (_, r) => r),
    );
    for (const [i, v] of floats.entries()) {
      const most = Math.max(...floats.subarray(i & ~31, (i | 31) + 1).map(Math.abs));
      const error = Math.abs(got[i]! - v);
      if (Math.abs(v) >= most / 4 && most >= 2 ** -114) expect(error).toBe(0);
      else expect(error).toBeLessThanOrEqual(Math.max(most * 2 ** -13, 2 ** -127));
    }
  });

  test("sums as large as they get have the twin's bits", () => {
    const [rows, columns] = [16, 64];
    const data = new Uint8Array(rows * columns * 2).map((_, i) => [0xff, 0x3f][i & 1]!);
    for (const shape of [() => 1, (i: number) => (i < 32 ? -1 : 0.9999)]) {
      relaxed.reset();
      const x = Float32Array.from({ length: 9 * columns }, (_, i) => shape(i % columns));
      const w = packInto(relaxed, type, data, rows, columns);
      const wanted = dotWords(type, floatsOf(type, data).subarray(0, columns), x.subarray(0, columns));
      expect(bits(multiply(relaxed, type, w, x))).toEqual(bits(new Float32Array(9 * rows).fill(wanted)));
    }
  });

  test("infinite activations, and NaN, give one token what they give among others, and nothing finite", () => {
    const [rows, columns] = [16, 70];
    for (const wrong of [Number.POSITIVE_INFINITY, Number.NaN]) {
      for (const at of [3, 69]) {
        relaxed.reset();
        const x = randomFloats(9 * columns, 17).fill(wrong, at, at + 1);
        for (let t = 1; t < 9; t++) x.copyWithin(t * columns, 0, columns);
        const w = packInto(relaxed, type, weightRows(type, rows, columns, 18), rows, columns);
        const together = [...multiply(relaxed, type, w, x)].slice(0, rows);
        expect(together.some(Number.isFinite)).toBe(false);
        expect([...multiply(relaxed, type, w, x.subarray(0, columns))]).toEqual(together);
      }
    }
  });

  test("rows that are missing become zeros, and nothing past the last one is read", () => {
    for (const [rows, columns] of [
      [2, 64],
      [3, 33],
      [17, 32],
    ] as const) {
      relaxed.reset();
      const groups = Math.ceil(rows / 16);
      const groupBytes = relaxed.kernels.group_bytes(GGML_TYPES[type].id, columns);
      const data = weightRows(type, rows, columns, 22);
      const src = (relaxed.bytes.length - data.length) & ~3;
      relaxed.bytes.set(data, src);
      const dst = relaxed.space(groups * groupBytes);
      const args = { src, dst, type: GGML_TYPES[type].id, rows, columns, rowBytes: columns * 2, groupBytes };
      relaxed.run("pack", args);
      const w = { type: args.type, address: dst, groupBytes, groups, rows: groups * 16, columns };
      const all = embed(relaxed, w, [
        rows - 1,
        ...Array.from({ length: groups * 16 - rows }, (_, i) => rows + i),
      ]);
      expect(all.subarray(0, columns).some((v) => v !== 0)).toBe(true);
      expect(all.subarray(columns).every((v) => v === 0)).toBe(true);
    }
  });

  test("activations so small that 8191 / amax would be infinite count as zero", () => {
    const [rows, columns] = [16, 64];
    relaxed.reset();
    const w = packInto(relaxed, type, weightRows(type, rows, columns, 23), rows, columns);
    for (const tiny of [1e-35, 1e-37, 1e-41]) {
      const x = Float32Array.from({ length: columns }, (_, i) => (i % 5 === 0 ? 0 : tiny * (i % 3)));
      expect([...multiply(relaxed, type, w, x)]).toEqual(new Array(rows).fill(0));
    }
  });

  test("products are finite where exact ones are: the largest weights, beside zeros", () => {
    const [rows, columns] = [16, 64];
    const largest = type === "F16" ? 0x7bff : 0x7f7f;
    const data = new Uint8Array(rows * columns * 2);
    const view = new DataView(data.buffer);
    for (let i = 0; i < rows * columns; i++) view.setUint16(i * 2, i % 2 === 0 ? largest : 0x0001, true);
    relaxed.reset();
    const w = packInto(relaxed, type, data, rows, columns);
    const x = Float32Array.from({ length: columns }, (_, i) => (i % 2 === 0 ? 0 : 1e10));
    expect([...multiply(relaxed, type, w, x)].every(Number.isFinite)).toBe(true);
  });

  test("more columns than a tile goes over, and a weight at the memory's very end", () => {
    const [rows, columns, tokens] = [16, 1120, 9];
    relaxed.reset();
    const x = randomFloats(tokens * columns, 19);
    const w = packInto(relaxed, type, weightRows(type, rows, columns, 20), rows, columns);
    const together = multiply(relaxed, type, w, x);
    const alone = multiply(relaxed, type, w, x.subarray(columns * 8));
    expect(bits(alone)).toEqual(bits(together.slice(rows * 8)));
    const address = relaxed.bytes.length - w.groupBytes;
    relaxed.bytes.copyWithin(address, w.address, w.address + w.groupBytes);
    expect(bits(multiply(relaxed, type, { ...w, address }, x))).toEqual(bits(together));
  });
});

test.each([...FLOAT_TYPES])(
  "%s: streams of several groups give a token the same bits as many tokens get",
  (type) => {
    const [rows, columns, tokens] = [149, 231, 12];
    relaxed.reset();
    const x = randomFloats(tokens * columns, 16);
    const w = packInto(relaxed, type, weightRows(type, rows, columns, 15), rows, columns);
    const together = multiply(relaxed, type, w, x);
    for (const count of [1, 2, 3])
      for (const [threads, streams] of STREAMS)
        expect(bits(multiply(relaxed, type, w, x.subarray(0, count * columns), threads, streams))).toEqual(
          bits(together.slice(0, count * rows)),
        );
  },
);

test("a type without kernels has no packed size", () => {
  expect(relaxed.kernels.group_bytes(GGML_TYPES.IQ1_S.id, 256)).toBe(0);
});
