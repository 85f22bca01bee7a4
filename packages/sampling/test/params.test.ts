import { describe, expect, test } from "bun:test";
import {
  GREEDY,
  SAMPLING_DEFAULTS,
  SamplingParameterError,
  samplingParams,
  validateSamplingParams,
} from "../src/index.ts";

describe("validateSamplingParams", () => {
  const cases: [string, unknown, RegExp][] = [
    ["temperature", -0.1, /temperature is -0.1; it must be a number from 0 to 100/],
    ["temperature", Number.NaN, /temperature is NaN/],
    ["temperature", "1", /temperature is 1/],
    ["topK", 1.5, /topK is 1.5; it must be an integer from 0/],
    ["topK", -1, /topK is -1/],
    ["topP", 1.01, /topP is 1.01; it must be a number from 0 to 1/],
    ["minP", -0.5, /minP/],
    ["repetitionPenalty", 0, /repetitionPenalty is 0; it must be a number from 0.01 to 100/],
    ["presencePenalty", Infinity, /presencePenalty/],
    ["frequencyPenalty", undefined, /frequencyPenalty is undefined/],
    ["repeatLastN", -2, /repeatLastN/],
    ["seed", 2 ** 53, /seed/],
    ["seed", 0.5, /seed/],
  ];
  test.each(cases)("%s = %p is refused by name and range", (field, value, message) => {
    const params = { ...GREEDY, [field]: value };
    expect(() => validateSamplingParams(params)).toThrow(message);
    try {
      validateSamplingParams(params);
    } catch (error) {
      expect(error).toBeInstanceOf(SamplingParameterError);
      expect((error as SamplingParameterError).field).toBe(field);
      expect((error as SamplingParameterError).code).toBe("SAMPLING_PARAMETER");
    }
  });

  test("a logit bias must name tokens of the vocabulary and be finite or -Infinity", () => {
    const biased = (id: number, bias: number) => ({ ...GREEDY, logitBias: new Map([[id, bias]]) });
    expect(() => validateSamplingParams(biased(9, -Infinity), 10)).not.toThrow();
    expect(() => validateSamplingParams(biased(10, 1), 10)).toThrow(/token ids from 0 to 9/);
    expect(() => validateSamplingParams(biased(-1, 1))).toThrow(/logitBias is -1/);
    expect(() => validateSamplingParams(biased(1, Infinity))).toThrow(/logitBias is Infinity/);
    expect(() => validateSamplingParams(biased(1, Number.NaN))).toThrow(/logitBias is NaN/);
  });
});

test("samplingParams completes with llama.cpp's defaults and a fresh seed", () => {
  const { seed, ...rest } = samplingParams({ topK: 3 });
  expect(rest).toEqual({ ...SAMPLING_DEFAULTS, topK: 3 });
  expect(Number.isSafeInteger(seed)).toBe(true);
  expect(samplingParams({ seed: 5 }).seed).toBe(5);
  expect(() => samplingParams({ topP: 2 })).toThrow(SamplingParameterError);
});
