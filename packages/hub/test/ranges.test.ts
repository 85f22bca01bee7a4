import { expect, test } from "bun:test";
import fc from "fast-check";
import { addRange, areRanges, coveredBytes, cutRanges, missingRanges, type Range } from "../src/ranges.ts";

const TOTAL = 60;
const range = fc.tuple(fc.nat(TOTAL), fc.nat(TOTAL)).map(([a, b]): Range => [Math.min(a, b), Math.max(a, b)]);
const bytesOf = (ranges: readonly Range[]) =>
  new Set(ranges.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i)));
const union = (ranges: Range[]) => ranges.reduce<Range[]>((all, one) => addRange(all, one), []);

test("adding ranges in any order makes sorted disjoint ranges of the same bytes", () => {
  fc.assert(
    fc.property(fc.array(range), (ranges) => {
      const all = union(ranges);
      expect(bytesOf(all)).toEqual(bytesOf(ranges));
      expect(areRanges(all, TOTAL)).toBe(true);
      expect(coveredBytes(all)).toBe(bytesOf(ranges).size);
    }),
  );
});

test("what is missing and what is there make the whole", () => {
  fc.assert(
    fc.property(fc.array(range), (ranges) => {
      const there = union(ranges);
      const missing = missingRanges(there, TOTAL);
      expect(coveredBytes(there) + coveredBytes(missing)).toBe(TOTAL);
      expect(missing.reduce<Range[]>((all, one) => addRange(all, one), there)).toEqual([[0, TOTAL]]);
    }),
  );
});

test("pieces are small and make up what was cut", () => {
  fc.assert(
    fc.property(fc.array(range), fc.integer({ min: 1, max: 20 }), (ranges, most) => {
      const pieces = cutRanges(union(ranges), most);
      expect(pieces.every(([start, end]) => end > start && end - start <= most)).toBe(true);
      expect(bytesOf(pieces)).toEqual(bytesOf(ranges));
    }),
  );
});

test.each([
  undefined,
  {},
  [1],
  [[0]],
  [[0, 0]],
  [[0, 99]],
  [
    [3, 5],
    [4, 6],
  ],
  [[0, 1.5]],
  [["0", 1]],
])("%j are no ranges of 60", (data) => {
  expect(areRanges(data, TOTAL)).toBe(false);
});
