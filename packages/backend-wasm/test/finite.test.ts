import { describe, expect, test } from "bun:test";
import { quantize } from "@realizar/gguf";
import type { DtypeName } from "@realizar/tensor";
import fc from "fast-check";
import { firstNonFinite } from "../src/finite.ts";

const TYPES = [
  "F32",
  "F16",
  "BF16",
  "Q4_0",
  "Q4_1",
  "Q5_0",
  "Q5_1",
  "Q8_0",
  "Q2_K",
  "Q3_K",
  "Q4_K",
  "Q5_K",
  "Q6_K",
  "IQ4_NL",
  "IQ4_XS",
  "TQ1_0",
  "TQ2_0",
] as const satisfies DtypeName[];
const floats = Float32Array.from({ length: 2048 }, (_, i) => Math.sin(i * 0.7) * (i % 5));

/** Byte offset of one half float that scales a block. */
const SCALE_AT: Partial<Record<DtypeName, number>> = { Q2_K: 80, Q3_K: 108, Q6_K: 208, TQ1_0: 52, TQ2_0: 64 };

describe.each(TYPES)("%s", (type) => {
  const bytes = quantize(type, floats, 2048);

  test("finite weights pass", () => expect(firstNonFinite(type, bytes)).toBe(-1));

  test.each([0x7c00, 0xfc00, 0x7e01])("a block of scale 0x%x is found, the first of several", (half) => {
    const plain = type === "F32" || type === "F16" || type === "BF16";
    const length = plain ? 1 : type.includes("_K") || type === "IQ4_XS" || type.startsWith("TQ") ? 256 : 32;
    const blockBytes = (bytes.length / 2048) * length;
    const changed = bytes.slice();
    const view = new DataView(changed.buffer);
    for (const block of [3, 5]) {
      const at = block * blockBytes + (SCALE_AT[type] ?? 0);
      if (type === "F32") view.setFloat32(at, half === 0x7e01 ? Number.NaN : Number.POSITIVE_INFINITY, true);
      else if (type === "BF16")
        view.setUint16(at, half === 0x7e01 ? 0x7fc1 : half === 0xfc00 ? 0xff80 : 0x7f80, true);
      else view.setUint16(at, half, true);
    }
    expect(firstNonFinite(type, changed)).toBe(3 * length);
  });
});

test("any one bad number of a plain type is found where it is", () => {
  fc.assert(
    fc.property(fc.constantFrom("F32", "F16", "BF16"), fc.nat(2047), fc.nat(2047), (type, at, more) => {
      // Any count of numbers, odd ones too; the bad one anywhere, the last too.
      const count = Math.min(2048, at + 1 + more);
      const changed = quantize(type, floats.subarray(0, count), count).slice();
      const view = new DataView(changed.buffer);
      if (type === "F32") view.setFloat32(at * 4, Number.NaN, true);
      else view.setUint16(at * 2, type === "F16" ? 0xfe00 : 0x7fc0, true);
      expect(firstNonFinite(type, changed)).toBe(at);
    }),
  );
});
