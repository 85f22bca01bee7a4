import { expect, test } from "bun:test";
import { dequantize } from "@realizar/gguf";
import { toHalf } from "../src/half.ts";

test("every half is its own nearest, and the midpoint of two goes to the even one", () => {
  const bits = Uint16Array.from({ length: 0x7c00 }, (_, i) => i);
  const halves = dequantize("F16", new Uint8Array(bits.buffer));
  for (let i = 0; i < halves.length; i++) {
    if (toHalf(halves[i]!) !== halves[i] || toHalf(-halves[i]!) !== -halves[i]!) throw new Error(`half ${i}`);
  }
  for (let i = 0; i + 1 < halves.length; i++) {
    const middle = (halves[i]! + halves[i + 1]!) / 2;
    if (toHalf(middle) !== halves[i % 2 === 0 ? i : i + 1]) throw new Error(`the middle above half ${i}`);
  }
  expect(halves.at(-1)).toBe(65504);
});

test("what is too large becomes infinite", () => {
  expect(toHalf(65519)).toBe(65504);
  expect(toHalf(65520)).toBe(Number.POSITIVE_INFINITY);
  expect(toHalf(-1e9)).toBe(Number.NEGATIVE_INFINITY);
  expect(toHalf(Number.NaN)).toBeNaN();
});
