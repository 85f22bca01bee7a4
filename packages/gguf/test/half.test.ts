import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from "../src/index.ts";

const sameBits = (a: number, b: number): boolean => Object.is(a, b);

describe("half floats", () => {
  test("every half goes to float32 and back", () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = f16ToF32(bits);
      const special = (bits & 0x7fff) > 0x7c00;
      if (Number.isNaN(value) !== special) throw new Error(`NaN at ${bits}`);
      if (!special && f32ToF16(value) !== bits) throw new Error(`${bits} came back as ${f32ToF16(value)}`);
    }
  });

  test("known values", () => {
    expect(f16ToF32(0x3c00)).toBe(1);
    expect(f16ToF32(0xc000)).toBe(-2);
    expect(f16ToF32(0x7bff)).toBe(65_504);
    expect(f16ToF32(0x0001)).toBe(2 ** -24);
    expect(sameBits(f16ToF32(0x8000), -0)).toBe(true);
    expect(f32ToF16(65_519.99)).toBe(0x7bff);
    expect(f32ToF16(65_520)).toBe(0x7c00);
    expect(f32ToF16(-Infinity)).toBe(0xfc00);
    expect(f32ToF16(Number.NaN) & 0x7fff).toBe(0x7e00);
    expect(f32ToF16(2 ** -25)).toBe(0);
    expect(f32ToF16(2 ** -25 * 1.001)).toBe(1);
    expect(f32ToF16(3 * 2 ** -25)).toBe(2);
  });

  test("rounds to the nearest, ties to even", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0x7bfe }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (bits, part) => {
          const low = f16ToF32(bits);
          const high = f16ToF32(bits + 1);
          const value = Math.fround(low + (high - low) * part);
          const middle = (low + high) / 2;
          const expected = value < middle ? bits : value > middle ? bits + 1 : bits + (bits & 1);
          expect(f32ToF16(value)).toBe(expected);
          expect(f32ToF16(-value)).toBe(expected | 0x8000);
        },
      ),
    );
  });
});

describe("bfloat16", () => {
  test("every value goes to float32 and back", () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = bf16ToF32(bits);
      const special = (bits & 0x7fff) > 0x7f80;
      if (Number.isNaN(value) !== special) throw new Error(`NaN at ${bits}`);
      if (!special && f32ToBf16(value) !== bits) throw new Error(`${bits} came back as ${f32ToBf16(value)}`);
    }
  });

  test("rounds to the nearest, ties to even", () => {
    expect(f32ToBf16(1 + 2 ** -8)).toBe(0x3f80);
    expect(f32ToBf16(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(f32ToBf16(1 + 2 ** -8 + 2 ** -20)).toBe(0x3f81);
    expect(f32ToBf16(3.4e38)).toBe(0x7f80);
    expect(f32ToBf16(Number.NaN) & 0x7fff).toBeGreaterThan(0x7f80);
  });
});
