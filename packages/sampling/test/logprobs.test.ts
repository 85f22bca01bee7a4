import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { logprobOf, logSumExp, NonFiniteLogitsError, requireFinite, topLogprobs } from "../src/index.ts";
import { logitsArbitrary, rank, softmax } from "./logits.ts";

test("probabilities of all tokens sum to 1 and agree with softmax", () => {
  fc.assert(
    fc.property(logitsArbitrary(), (logits) => {
      const all = topLogprobs(logits, logits.length);
      expect(all.reduce((sum, [, logprob]) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 9);
      const expected = softmax(logits);
      for (const [id, logprob] of all) {
        expect(Math.exp(logprob)).toBeCloseTo(expected[id]!, 9);
        expect(logprob).toBe(logprobOf(logits, id));
      }
    }),
  );
});

test("topLogprobs is the head of the ranking, for every k, short lists and long", () => {
  fc.assert(
    fc.property(logitsArbitrary(100), fc.nat(250), (logits, k) => {
      expect(topLogprobs(logits, k).map(([id]) => id)).toEqual(rank(logits).slice(0, k));
    }),
  );
});

test("a shift of all logits changes no probability", () => {
  const logits = Float32Array.of(1, 2, 3);
  const shifted = logits.map((l) => l + 1024);
  expect(logprobOf(shifted, 2)).toBeCloseTo(logprobOf(logits, 2), 12);
  expect(logSumExp(shifted)).toBeCloseTo(logSumExp(logits) + 1024, 9);
});

describe("requireFinite", () => {
  test.each([Number.NaN, Infinity, -Infinity])("%p is named with its place", (value) => {
    const logits = Float32Array.of(0, 1, value, value);
    try {
      requireFinite(logits, 17);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(NonFiniteLogitsError);
      expect(error).toMatchObject({ code: "SAMPLING_NON_FINITE_LOGITS", position: 17, token: 2, value });
    }
  });
  test("finite logits pass", () => {
    expect(() => requireFinite(Float32Array.of(-3.4e38, 3.4e38, 0), 0)).not.toThrow();
  });
});
