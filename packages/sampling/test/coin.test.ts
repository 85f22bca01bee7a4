import { expect, test } from "bun:test";
import fc from "fast-check";
import { createCoin, flip, freshSeed } from "../src/index.ts";

const seeds = fc.maxSafeNat();
const throws = (seed: number, n: number) => {
  const coin = createCoin(seed);
  return Array.from({ length: n }, () => flip(coin));
};

test("equal seeds throw equally, and every throw lies in [0, 1)", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const a = throws(seed, 20);
      expect(throws(seed, 20)).toEqual(a);
      expect(a.every((x) => x >= 0 && x < 1)).toBe(true);
    }),
  );
});

test("different seeds throw differently, in the low and in the high word", () => {
  fc.assert(
    fc.property(seeds, seeds, (a, b) => {
      fc.pre(a !== b);
      expect(throws(a, 4)).not.toEqual(throws(b, 4));
    }),
  );
  expect(throws(1, 2)).not.toEqual(throws(1 + 2 ** 32, 2));
});

test("the state is plain data: a copy goes on alike", () => {
  const coin = createCoin(7);
  flip(coin);
  const copy = structuredClone(coin);
  expect(flip(copy)).toBe(flip(coin));
});

test("the first throws of a seed are fixed for ever", () => {
  expect(throws(42, 3)).toMatchInlineSnapshot(`
    [
      0.021467160892835624,
      0.9860406644904482,
      0.6283192700185682,
    ]
  `);
});

test("throws are uniform: chi-square over 100 cells, and neighbouring seeds are independent", () => {
  const chiSquare = (values: readonly number[]) => {
    const cells = new Array<number>(100).fill(0);
    for (const x of values) cells[Math.floor(x * 100)]!++;
    const expected = values.length / 100;
    return cells.reduce((sum, c) => sum + (c - expected) ** 2 / expected, 0);
  };
  // 99 degrees of freedom: 160 is beyond p = 1e-4.
  expect(chiSquare(throws(1, 50_000))).toBeLessThan(160);
  expect(chiSquare(Array.from({ length: 50_000 }, (_, seed) => throws(seed, 1)[0]!))).toBeLessThan(160);
});

test("fresh seeds are valid and do not repeat", () => {
  const made = Array.from({ length: 100 }, freshSeed);
  expect(made.every((s) => Number.isSafeInteger(s) && s >= 0)).toBe(true);
  expect(new Set(made).size).toBe(100);
});
