import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  bias,
  type Candidates,
  createCandidates,
  fillCandidates,
  GREEDY,
  minP,
  penalties,
  temperature,
  topK,
  topP,
} from "../../src/index.ts";
import { logitsArbitrary, rank, softmax } from "../logits.ts";

function candidatesOf(logits: Float32Array): Candidates {
  const candidates = createCandidates(logits.length);
  fillCandidates(candidates, logits);
  return candidates;
}
const idsOf = (c: Candidates) => [...c.ids.subarray(0, c.size)];
const ascending = (ids: readonly number[]) => [...ids].sort((a, b) => a - b);

describe("top-k", () => {
  test("keeps min(k, n) and they are the likeliest", () => {
    fc.assert(
      fc.property(logitsArbitrary(), fc.integer({ min: 1, max: 250 }), (logits, k) => {
        const c = candidatesOf(logits);
        topK(c, k);
        expect(idsOf(c)).toEqual(ascending(rank(logits).slice(0, k)));
        for (let i = 0; i < c.size; i++) expect(c.logits[i]! - logits[c.ids[i]!]!).toBe(0);
      }),
    );
  });
});

describe("top-p", () => {
  const p = fc.double({ min: 0, max: 0.999, noNaN: true });
  test("reaches the mass, and without its least likely member would not", () => {
    fc.assert(
      fc.property(logitsArbitrary(), p, (logits, mass) => {
        const c = candidatesOf(logits);
        topP(c, mass);
        const probabilities = softmax(logits);
        const order = rank(logits).slice(0, c.size);
        expect(idsOf(c)).toEqual(ascending(order));
        const sum = (ids: readonly number[]) => ids.reduce((s, id) => s + probabilities[id]!, 0);
        expect(sum(order)).toBeGreaterThanOrEqual(mass - 1e-9);
        if (c.size > 1) expect(sum(order.slice(0, -1))).toBeLessThan(mass + 1e-9);
      }),
    );
  });
  test("0 keeps the likeliest alone", () => {
    const c = candidatesOf(Float32Array.of(1, 3, 3));
    topP(c, 0);
    expect(idsOf(c)).toEqual([1]);
  });
});

describe("min-p", () => {
  test("keeps what is at least p times as likely as the likeliest", () => {
    fc.assert(
      fc.property(logitsArbitrary(), fc.double({ min: 0.001, max: 1, noNaN: true }), (logits, p) => {
        const c = candidatesOf(logits);
        minP(c, p);
        const threshold = Math.max(...logits) + Math.log(p);
        expect(idsOf(c)).toEqual(Array.from(logits, (_, id) => id).filter((id) => logits[id]! >= threshold));
        expect(c.size).toBeGreaterThan(0);
      }),
    );
  });
});

describe("temperature", () => {
  test("raises the ratio of probabilities to the power 1/t", () => {
    fc.assert(
      fc.property(logitsArbitrary(), fc.double({ min: 0.1, max: 10, noNaN: true }), (logits, t) => {
        const c = candidatesOf(logits);
        temperature(c, t);
        const expected = softmax(Array.from(logits, (l) => l / t));
        softmax(c.logits).forEach((x, i) => {
          expect(x).toBeCloseTo(expected[i]!, 4);
        });
      }),
    );
  });
  test("the smallest temperature leaves finite logits or -Infinity, never NaN", () => {
    const c = candidatesOf(Float32Array.of(-5, 2, 7, 7));
    temperature(c, Number.MIN_VALUE);
    expect([...c.logits]).toEqual([-Infinity, -Infinity, 0, 0]);
  });
});

describe("logit bias", () => {
  test("adds by id", () => {
    const c = candidatesOf(Float32Array.of(1, 2, 3));
    bias(
      c,
      new Map([
        [0, 5],
        [2, -Infinity],
      ]),
    );
    expect([...c.logits]).toEqual([6, 2, -Infinity]);
  });
});

describe("penalties", () => {
  const off = { repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0, repeatLastN: -1 };
  const penalised = (logits: readonly number[], tokens: number[], p: Partial<typeof off>) => {
    const c = candidatesOf(Float32Array.from(logits));
    penalties(c, tokens, { ...GREEDY, ...off, ...p });
    expect([...c.counts].every((n) => n === 0)).toBe(true);
    return [...c.logits];
  };
  test("repetition divides positive and multiplies negative logits, once however often seen", () => {
    expect(penalised([4, -4, 4], [0, 1, 0, 0], { repetitionPenalty: 2 })).toEqual([2, -8, 4]);
  });
  test("presence counts once, frequency each time", () => {
    expect(penalised([4, 4, 4], [0, 0, 1], { presencePenalty: 1, frequencyPenalty: 0.5 })).toEqual([
      2, 2.5, 4,
    ]);
  });
  test("the window is the last repeatLastN tokens", () => {
    expect(penalised([4, 4, 4], [0, 1, 2], { presencePenalty: 1, repeatLastN: 2 })).toEqual([4, 3, 3]);
    expect(penalised([4, 4, 4], [0, 1, 2], { presencePenalty: 1, repeatLastN: 9 })).toEqual([3, 3, 3]);
  });
  test("ids beyond the vocabulary are passed over", () => {
    expect(penalised([4, 4], [7, 1], { presencePenalty: 1 })).toEqual([4, 3]);
  });
});
