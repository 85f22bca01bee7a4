import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { cosine, fillRopeRows, ropeKey, sine } from "../src/rope-table.ts";

describe("sine and cosine", () => {
  test("are those of Math to 1e-13 for angles of long contexts", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 ** 20, noNaN: true }), (x) => {
        expect(Math.abs(sine(x) - Math.sin(x))).toBeLessThan(1e-9);
        expect(Math.abs(cosine(x) - Math.cos(x))).toBeLessThan(1e-9);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.double({ min: 0, max: 4096, noNaN: true }), (x) => {
        expect(Math.abs(sine(x) - Math.sin(x))).toBeLessThan(1e-12);
        expect(Math.abs(cosine(x) - Math.cos(x))).toBeLessThan(1e-12);
      }),
      { numRuns: 1000 },
    );
  });

  test("lie on the unit circle", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e5, noNaN: true }), (x) => {
        expect(sine(x) ** 2 + cosine(x) ** 2).toBeCloseTo(1, 12);
      }),
    );
  });
});

test("rows of the table hold magnitude times cosine and sine, and only the asked rows", () => {
  const spec = {
    headDim: 4,
    dims: 4,
    pairing: "halved",
    frequencies: Float64Array.of(1, 0.01),
    magnitude: 2,
  } as const;
  const floats = new Float32Array(64).fill(-7);
  fillRopeRows(floats, 16, spec, 1, 3);
  expect(floats[4 + 3]).toBe(-7);
  for (const position of [1, 2]) {
    for (const [i, frequency] of spec.frequencies.entries()) {
      expect(floats[4 + position * 4 + i * 2]).toBeCloseTo(2 * Math.cos(position * frequency), 6);
      expect(floats[4 + position * 4 + i * 2 + 1]).toBeCloseTo(2 * Math.sin(position * frequency), 6);
    }
  }
  expect(floats[4 + 12]).toBe(-7);
});

test("specs with equal numbers share a table, others do not", () => {
  const spec = {
    headDim: 4,
    dims: 4,
    pairing: "halved",
    frequencies: Float64Array.of(1, 0.5),
    magnitude: 1,
  } as const;
  expect(ropeKey({ ...spec, pairing: "interleaved", headDim: 8 })).toBe(ropeKey(spec));
  expect(ropeKey({ ...spec, magnitude: 2 })).not.toBe(ropeKey(spec));
  expect(ropeKey({ ...spec, frequencies: Float64Array.of(1, 0.25) })).not.toBe(ropeKey(spec));
});
