import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decimal, integer, repeated, stopText } from "../src/options.ts";

describe("option values", () => {
  test("every whole number of the range is taken, every other refused with the range", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: -50, max: 50 }), fc.nat(100), (value, minimum, width) => {
        const parse = integer(minimum, minimum + width);
        if (value >= minimum && value <= minimum + width) expect(parse(String(value))).toBe(value);
        else expect(() => parse(String(value))).toThrow(`from ${minimum} to ${minimum + width}`);
      }),
    );
  });

  test("what is no number is refused", () => {
    for (const text of ["", " ", "1.5", "1e3", "0x10", "x", "NaN", "Infinity", "--1"])
      expect(() => integer(0)(text)).toThrow("whole number from 0 up");
    for (const text of ["", " ", "x", "NaN", "Infinity", "1,5"])
      expect(() => decimal(0, 1)(text)).toThrow("from 0 to 1");
    expect(() => decimal(1, Number.POSITIVE_INFINITY)("0.5")).toThrow("from 1 up");
  });

  test("every number of the range is taken", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (value) => {
        expect(decimal(0, 1)(String(value))).toBe(value);
      }),
    );
  });

  test("what may be given several times is collected in order", () => {
    expect(repeated("b", repeated("a"))).toEqual(["a", "b"]);
    expect(stopText("b", stopText("a"))).toEqual(["a", "b"]);
    expect(() => stopText("")).toThrow("must not be empty");
  });
});
