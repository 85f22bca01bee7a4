import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Dtype, toFloat32 } from "../src/index.ts";

const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const convert = (dtype: Dtype, view: ArrayBufferView) => [...toFloat32(dtype, bytesOf(view))];
const every = Uint8Array.from({ length: 256 }, (_, code) => code);

test("integers and wide floats", () => {
  expect(convert("BOOL", new Uint8Array([0, 1, 7]))).toEqual([0, 1, 1]);
  expect(convert("U8", new Uint8Array([0, 255]))).toEqual([0, 255]);
  expect(convert("I8", new Int8Array([-128, 127]))).toEqual([-128, 127]);
  expect(convert("U16", new Uint16Array([65535]))).toEqual([65535]);
  expect(convert("I16", new Int16Array([-5]))).toEqual([-5]);
  expect(convert("U32", new Uint32Array([2 ** 31]))).toEqual([2 ** 31]);
  expect(convert("I32", new Int32Array([-7]))).toEqual([-7]);
  expect(convert("U64", new BigUint64Array([2n ** 63n]))).toEqual([2 ** 63]);
  expect(convert("I64", new BigInt64Array([-9n]))).toEqual([-9]);
  expect(convert("F32", new Float32Array([0.1]))).toEqual([Math.fround(0.1)]);
  expect(convert("F64", new Float64Array([0.1, 1e300]))).toEqual([
    Math.fround(0.1),
    Number.POSITIVE_INFINITY,
  ]);
});

test("bytes that start anywhere in memory", () => {
  const memory = new Uint8Array(9);
  memory.set(bytesOf(new Float32Array([1.5, -2])), 1);
  expect([...toFloat32("F32", memory.subarray(1))]).toEqual([1.5, -2]);
});

test("BF16 is the upper half of F32", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => {
      const bits = new Uint32Array(new Float32Array([value]).buffer)[0]! & 0xffff0000;
      const expected = new Float32Array(new Uint32Array([bits]).buffer)[0]!;
      expect(convert("BF16", new Uint16Array([bits >>> 16]))).toEqual([expected]);
    }),
  );
  expect(convert("BF16", new Uint16Array([0x7fc0]))).toEqual([Number.NaN]);
});

test("F16 is what DataView reads", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, code) => code);
  const view = new DataView(all.buffer);
  const expected = Array.from(all, (_, i) => view.getFloat16(2 * i, true));
  expect(convert("F16", all)).toEqual(expected);
});

describe("small floats", () => {
  const finite = (dtype: Dtype, codes: Uint8Array) => convert(dtype, codes).filter(Number.isFinite);
  const cases: [Dtype, { max: number; min: number; nan: number; infinite: number }][] = [
    ["F8_E4M3", { max: 448, min: 2 ** -9, nan: 2, infinite: 0 }],
    ["F8_E5M2", { max: 57344, min: 2 ** -16, nan: 6, infinite: 2 }],
    ["F8_E4M3FNUZ", { max: 240, min: 2 ** -10, nan: 1, infinite: 0 }],
    ["F8_E5M2FNUZ", { max: 57344, min: 2 ** -17, nan: 1, infinite: 0 }],
    ["F8_E8M0", { max: 2 ** 127, min: 2 ** -127, nan: 1, infinite: 0 }],
  ];
  for (const [dtype, { max, min, nan, infinite }] of cases) {
    test(dtype, () => {
      const values = convert(dtype, every);
      expect(values.length).toBe(256);
      expect(Math.max(...finite(dtype, every))).toBe(max);
      expect(Math.min(...finite(dtype, every).filter((value) => value > 0))).toBe(min);
      expect(values.filter(Number.isNaN).length).toBe(nan);
      expect(values.filter((value) => Math.abs(value) === Number.POSITIVE_INFINITY).length).toBe(infinite);
    });
  }
  test("F8_E8M0 is a power of two", () => {
    expect(convert("F8_E8M0", new Uint8Array([127, 128, 255]))).toEqual([1, 2, Number.NaN]);
  });
  test("F4 takes the low nibble first", () => {
    expect(convert("F4", new Uint8Array([0x10, 0x32, 0x54, 0x76, 0xa9]))).toEqual([
      0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.5, -1,
    ]);
  });
  test("F6 is a little-endian stream", () => {
    const codes = Array.from({ length: 64 }, (_, code) => code);
    const packed = new Uint8Array(48);
    codes.forEach((code, i) => {
      for (let bit = 0; bit < 6; bit++) {
        const at = i * 6 + bit;
        packed[at >> 3]! |= ((code >> bit) & 1) << (at & 7);
      }
    });
    const e2m3 = convert("F6_E2M3", packed);
    expect([e2m3[0], e2m3[1], e2m3[8], e2m3[31], e2m3[63]]).toEqual([0, 0.125, 1, 7.5, -7.5]);
    const e3m2 = convert("F6_E3M2", packed);
    expect([e3m2[0], e3m2[1], e3m2[12], e3m2[31], e3m2[63]]).toEqual([0, 0.0625, 1, 28, -28]);
  });
});

test("complex numbers are refused", () => {
  expect(() => toFloat32("C64", new Uint8Array(8))).toThrow("complex");
});
