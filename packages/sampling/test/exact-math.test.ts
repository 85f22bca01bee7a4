import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { exp, log } from "../src/exact-math.ts";

/** Far above the last place of a double, far below a float's. */
const CLOSE = 1e-15;

describe("e^x", () => {
  test("is that of the engine but for last places", () => {
    fc.assert(
      fc.property(fc.double({ min: -708, max: 709, noNaN: true }), (x) => {
        expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(CLOSE);
      }),
    );
  });
  test("at the ends", () => {
    expect([0, -0, -Infinity, -1e300, 1e300, Number.NaN].map(exp)).toEqual([
      1,
      1,
      0,
      0,
      Infinity,
      Number.NaN,
    ]);
  });
  test("has these bits on every engine", () => {
    expect([-1, -0.1, -20.5].map(exp)).toEqual([
      0.3678794411714423, 0.9048374180359596, 1.2501528663867426e-9,
    ]);
  });
});

describe("ln x", () => {
  test("at the ends", () => {
    expect([0, -0, -1, Infinity, Number.NaN].map(log)).toEqual([
      -Infinity,
      -Infinity,
      Number.NaN,
      Infinity,
      Number.NaN,
    ]);
  });
  test("is that of the engine but for last places", () => {
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(
          CLOSE * Math.max(1, Math.abs(Math.log(x))),
        );
      }),
    );
  });
  test("has these bits on every engine", () => {
    expect([1, 2, 0.3, 49152].map(log)).toEqual([0, Math.LN2, -1.2039728043259361, 10.802672816507345]);
  });
});
