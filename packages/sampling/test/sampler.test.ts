import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  createCoin,
  createSampler,
  GREEDY,
  NoCandidatesError,
  NonFiniteLogitsError,
  type SamplingParams,
} from "../src/index.ts";
import { logitsArbitrary, rank, softmax } from "./logits.ts";

const OFF: SamplingParams = { ...GREEDY, temperature: 1 };
const paramsArbitrary: fc.Arbitrary<SamplingParams> = fc
  .record({
    temperature: fc.double({ min: 0.05, max: 5, noNaN: true }),
    topK: fc.nat(50),
    topP: fc.double({ min: 0, max: 1, noNaN: true }),
    minP: fc.double({ min: 0, max: 1, noNaN: true }),
    repetitionPenalty: fc.double({ min: 0.5, max: 2, noNaN: true }),
    presencePenalty: fc.double({ min: -2, max: 2, noNaN: true }),
    frequencyPenalty: fc.double({ min: -2, max: 2, noNaN: true }),
    repeatLastN: fc.integer({ min: -1, max: 10 }),
    seed: fc.maxSafeNat(),
  })
  .map((p) => ({ ...p, logitBias: new Map() }));

const draws = (logits: Float32Array, params: SamplingParams, n: number): number[] => {
  const sampler = createSampler(logits.length);
  const coin = createCoin(params.seed);
  return Array.from({ length: n }, () => sampler.sample(logits, params, [0], coin));
};

describe("greedy", () => {
  test("is the first of the ranking, with any filter, and throws no coin", () => {
    fc.assert(
      fc.property(logitsArbitrary(), paramsArbitrary, (logits, params) => {
        const coin = createCoin(1);
        const id = createSampler(logits.length).sample(
          logits,
          { ...params, temperature: 0, repeatLastN: 0 },
          [0],
          coin,
        );
        expect(id).toBe(rank(logits)[0]!);
        expect(coin).toEqual(createCoin(1));
      }),
    );
  });
  test("follows bias and penalties", () => {
    const logits = Float32Array.of(5, 4, 3);
    const pick = (params: Partial<SamplingParams>) =>
      createSampler(3).sample(logits, { ...GREEDY, ...params }, [0], createCoin(0));
    expect(pick({})).toBe(0);
    expect(pick({ logitBias: new Map([[0, -Infinity]]) })).toBe(1);
    expect(pick({ presencePenalty: 1.5, repeatLastN: 64 })).toBe(1);
  });
});

describe("drawing", () => {
  test("same seed, same tokens; the logits and the sampler's past do not matter", () => {
    fc.assert(
      fc.property(logitsArbitrary(), logitsArbitrary(), paramsArbitrary, (logits, other, params) => {
        const before = logits.slice();
        const fresh = draws(logits, params, 5);
        const sampler = createSampler(logits.length);
        if (other.length >= logits.length) {
          sampler.sample(other.subarray(0, logits.length), params, [0], createCoin(9));
        }
        const coin = createCoin(params.seed);
        const used = fresh.map(() => sampler.sample(logits, params, [0], coin));
        expect(used).toEqual(fresh);
        expect(logits).toEqual(before);
      }),
    );
  });

  test("a filter that drops nothing changes nothing", () => {
    fc.assert(
      fc.property(logitsArbitrary(), fc.maxSafeNat(), (logits, seed) => {
        const plain = draws(logits, { ...OFF, seed }, 5);
        expect(draws(logits, { ...OFF, seed, topK: logits.length }, 5)).toEqual(plain);
        expect(draws(logits, { ...OFF, seed, minP: Number.MIN_VALUE }, 5)).toEqual(plain);
      }),
    );
  });

  test("every drawn token is inside top-k, and never one that the bias forbids", () => {
    fc.assert(
      fc.property(
        logitsArbitrary(3),
        paramsArbitrary,
        fc.integer({ min: 1, max: 5 }),
        (logits, params, k) => {
          const forbidden = rank(logits)[0]!;
          const logitBias = new Map([[forbidden, -Infinity]]);
          const allowed = rank(logits).slice(1, k + 1);
          for (const id of draws(logits, { ...params, logitBias, topK: k, repeatLastN: 0 }, 5)) {
            expect(allowed).toContain(id);
          }
        },
      ),
    );
  });

  test("top-k of 1 is greedy", () => {
    fc.assert(
      fc.property(logitsArbitrary(), fc.maxSafeNat(), (logits, seed) => {
        expect(draws(logits, { ...OFF, topK: 1, seed }, 1)).toEqual([rank(logits)[0]!]);
      }),
    );
  });

  // 9 degrees of freedom: 33.7 is p = 1e-4; the seeds are fixed.
  test.each([0.5, 1, 2])("frequencies follow softmax(logits / %p) by chi-square", (t) => {
    const logits = Float32Array.of(0, 1, -1, 0.5, 2, -0.5, 0.2, 1.5, 0.1, 0.9);
    const n = 20_000;
    const counts = new Array<number>(10).fill(0);
    for (const id of draws(logits, { ...OFF, temperature: t, seed: 11 }, n)) counts[id]!++;
    const expected = softmax(logits.map((l) => l / t)).map((p) => p * n);
    const chiSquare = counts.reduce((s, c, i) => s + (c - expected[i]!) ** 2 / expected[i]!, 0);
    expect(chiSquare).toBeLessThan(33.7);
  });

  test("top-p looks at the probabilities before temperature", () => {
    // p = 0.64, 0.24, 0.09, 0.03: 0.8 keeps two, whatever the temperature.
    const logits = Float32Array.of(3, 2, 1, 0);
    expect(new Set(draws(logits, { ...OFF, topP: 0.8, temperature: 100, seed: 3 }, 300))).toEqual(
      new Set([0, 1]),
    );
  });

  test("a vocabulary of 150,000 with all filters on", () => {
    const logits = new Float32Array(150_000);
    for (let i = 0; i < logits.length; i++) logits[i] = Math.sin(i * 12.9898) * 10;
    const top = new Set(rank(logits).slice(0, 40));
    for (const id of draws(logits, { ...OFF, topK: 40, topP: 0.95, minP: 0.05, seed: 1 }, 3)) {
      expect(top.has(id)).toBe(true);
    }
  });
});

describe("what cannot be sampled", () => {
  test.each([0, 1])("non-finite logits are named with their position (temperature %p)", (t) => {
    const bad = Float32Array.of(0, Number.NaN, 1);
    const sample = () => createSampler(3).sample(bad, { ...OFF, temperature: t }, [1, 2, 0], createCoin(0));
    expect(sample).toThrow(NonFiniteLogitsError);
    expect(sample).toThrow(/token 1 at position 2 is NaN/);
  });
  test("a bias that forbids everything is an error", () => {
    const logitBias = new Map([
      [0, -Infinity],
      [1, -Infinity],
    ]);
    for (const t of [0, 1]) {
      expect(() =>
        createSampler(2).sample(
          Float32Array.of(0, 1),
          { ...OFF, temperature: t, logitBias },
          [0],
          createCoin(0),
        ),
      ).toThrow(NoCandidatesError);
    }
  });
});
