import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { NonFiniteEmbeddingError } from "../src/errors.ts";
import type { Pooling } from "../src/model-runner.ts";
import { createPooler, toUnitLength } from "../src/pooling.ts";

const POOLINGS: readonly Pooling[] = ["mean", "cls", "last"];
const state = fc.float32Array({
  minLength: 4,
  maxLength: 4,
  noNaN: true,
  noDefaultInfinity: true,
  min: -100,
  max: 100,
});

describe("createPooler", () => {
  test("is the mean, the first or the last of the states, and looks at no others", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...POOLINGS),
        fc.array(state, { minLength: 1, maxLength: 9 }),
        (pooling, states) => {
          const pooler = createPooler(pooling, states.length, 4);
          const mean = Float32Array.from({ length: 4 }, (_, i) => {
            let sum = 0;
            for (const one of states) sum += one[i]!;
            return sum / states.length;
          });
          const expected = { mean, cls: states[0]!, last: states.at(-1)! }[pooling];
          states.forEach((one, position) => {
            if (position >= pooler.from) pooler.take(position, one);
          });
          // A sum that starts at 0 turns -0 into 0.
          expect(pooler.vector()).toEqual(expected.map((value) => value + 0));
        },
      ),
    );
  });

  test("names the position that is not finite", () => {
    const pooler = createPooler("mean", 2, 2);
    pooler.take(0, Float32Array.of(1, 2));
    expect(() => pooler.take(1, Float32Array.of(1, Infinity))).toThrow(NonFiniteEmbeddingError);
    expect(() => pooler.take(1, Float32Array.of(1, Number.NaN))).toThrow(
      /hidden state of token 1 is not finite/,
    );
    expect(() => createPooler("cls", 2, 2).take(1, Float32Array.of(1, Number.NaN))).not.toThrow();
  });
});

test("toUnitLength scales to length 1 and leaves zeros alone", () => {
  expect(toUnitLength(Float32Array.of(3, 4))).toEqual(Float32Array.of(0.6, 0.8));
  expect(toUnitLength(new Float32Array(3))).toEqual(new Float32Array(3));
});
