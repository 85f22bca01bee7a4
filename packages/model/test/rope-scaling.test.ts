import { describe, expect, test } from "bun:test";
import type { MetadataValue } from "@realizar/formats";
import { BadHyperparameterError } from "../src/index.ts";
import { keysOf } from "../src/keys.ts";
import { type RopeInput, readRopeAngles } from "../src/rope-scaling.ts";

const input: RopeInput = { dims: 4, context: 64, contextSize: 64, factors: {} };

function angles(keys: Record<string, MetadataValue>, over: Partial<RopeInput> = {}) {
  const metadata = new Map(Object.entries(keys).map(([key, value]) => [`x.rope.${key}`, value]));
  const { frequencies, magnitude } = readRopeAngles(keysOf(metadata, "x"), { ...input, ...over });
  return { frequencies: [...frequencies], magnitude };
}

/** base 10000, two pairs: 1 and 1 / 100. */
const near = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 12);
};

test("the base alone", () => {
  near(angles({}).frequencies, [1, 0.01]);
  near(angles({ freq_base: 1e6 }).frequencies, [1, 0.001]);
  near(angles({ "scaling.type": "none", "scaling.factor": 8 }).frequencies, [1, 0.01]);
  expect(angles({}).magnitude).toBe(1);
});

test("linear divides by the factor, under its new key or its old", () => {
  near(angles({ "scaling.type": "linear", "scaling.factor": 4 }).frequencies, [0.25, 0.0025]);
  near(angles({ scale_linear: 2 }).frequencies, [0.5, 0.005]);
});

test("local layers have a base of their own and no scaling", () => {
  const { frequencies } = angles(
    { freq_base: 1e6, "scaling.type": "linear", "scaling.factor": 8 },
    { local: { base: 1e4, scaled: false } },
  );
  near(frequencies, [1, 0.01]);
});

test("local layers may be scaled like the others", () => {
  const { frequencies } = angles(
    { freq_base: 1e6, "scaling.type": "linear", "scaling.factor": 8 },
    { local: { base: 1e4, scaled: true } },
  );
  near(frequencies, [1 / 8, 0.01 / 8]);
});

test("the attention factor counts whatever the scaling", () => {
  expect(angles({ "scaling.attn_factor": 1.3 }).magnitude).toBe(1.3);
  expect(
    angles({ "scaling.type": "linear", "scaling.factor": 4, "scaling.attn_factor": 1.3 }).magnitude,
  ).toBe(1.3);
});

describe("yarn", () => {
  const keys = { "scaling.type": "yarn", "scaling.factor": 4, "scaling.original_context_length": 64 };

  test("fast pairs stay, slow ones are divided, the attention factor grows with the logarithm", () => {
    // pair 4 ln(64 / (32 2 pi)) / (2 ln 10000) = -0.25 and up is slow from pair 0.5 on
    const { frequencies, magnitude } = angles(keys);
    near(frequencies, [1, 0.01 / 4]);
    expect(magnitude).toBeCloseTo(0.1 * Math.log(4) + 1, 12);
  });

  test("pairs between blend", () => {
    // 8 pairs of base 10000 over 4096: low = floor(3.81) = 2 of 32 turns, high = ceil(5.63) = 6 of one turn
    const { frequencies } = angles({ ...keys, "scaling.original_context_length": 4096 }, { dims: 16 });
    const plain = frequencies.map((_, i) => 10000 ** (-i / 8));
    const low = Math.floor((16 * Math.log(4096 / (32 * 2 * Math.PI))) / (2 * Math.log(10000)));
    const high = Math.ceil((16 * Math.log(4096 / (2 * Math.PI))) / (2 * Math.log(10000)));
    expect([low, high]).toEqual([2, 6]);
    const kept = [1, 1, 1, 0.75, 0.5, 0.25, 0, 0];
    near(
      frequencies,
      plain.map((frequency, i) => frequency * (kept[i]! + (1 - kept[i]!) / 4)),
    );
  });

  test("its keys", () => {
    near(angles({ ...keys, "scaling.yarn_ext_factor": 0 }).frequencies, [0.25, 0.0025]);
    expect(angles({ ...keys, "scaling.yarn_attn_factor": 1.5 }).magnitude).toBe(1.5);
    expect(angles({ ...keys, "scaling.attn_factor": 2 }).magnitude).toBeCloseTo(
      2 * (0.1 * Math.log(4) + 1),
      12,
    );
    expect(angles({ ...keys, "scaling.factor": 1 }).magnitude).toBe(1);
    const slow = { ...keys, "scaling.yarn_beta_fast": 1e-6, "scaling.yarn_beta_slow": 1e-7 };
    near(angles(slow).frequencies, [1, 0.01]);
  });
});

describe("longrope", () => {
  const factors = { long: Float32Array.of(2, 4), short: Float32Array.of(1, 2) };
  const keys = { "scaling.type": "longrope", "scaling.original_context_length": 64 };

  test("within the original context the short factors divide, beyond it the long ones", () => {
    near(angles(keys, { factors, context: 256, contextSize: 64 }).frequencies, [1, 0.005]);
    near(angles(keys, { factors, context: 256, contextSize: 65 }).frequencies, [0.5, 0.0025]);
  });
  test("factors make it longrope without a key", () => {
    near(angles({}, { factors }).frequencies, [1, 0.005]);
  });
  test("the attention factor is the key's, or comes from the stretch", () => {
    expect(angles({ ...keys, "scaling.attn_factor": 1.19 }, { factors }).magnitude).toBe(1.19);
    expect(angles(keys, { factors }).magnitude).toBe(1);
    const { magnitude } = angles(keys, { factors, context: 4096 });
    expect(magnitude).toBeCloseTo(Math.sqrt(1 + Math.log(64) / Math.log(64)), 12);
  });
});

test("factors of rope_freqs divide", () => {
  near(angles({}, { factors: { freqs: Float32Array.of(1, 8) } }).frequencies, [1, 0.00125]);
});

test("llama3 stretches long waves, keeps short ones and blends between", () => {
  const keys = { "scaling.type": "llama3", "scaling.factor": 8, "scaling.original_context_length": 8192 };
  // waves of 2 pi and 628 positions turn more than 4 times in 8192
  near(angles(keys).frequencies, [1, 0.01]);
  // 8 pairs of base 1e8: the last wave of 2 pi 1e7 never turns once
  const { frequencies } = angles({ ...keys, freq_base: 1e8 }, { dims: 16 });
  near(frequencies.slice(0, 1), [1]);
  expect(frequencies.at(-1)).toBeCloseTo(1e-7 / 8, 15);
  const turns = (8192 * 1e-3) / (2 * Math.PI);
  const blend = (turns - 1) / 3;
  near(frequencies.slice(3, 4), [1e-3 * ((1 - blend) / 8 + blend)]);
});

test("dynamic raises the base where the context is longer than the original", () => {
  const keys = { "scaling.type": "dynamic", "scaling.factor": 2, "scaling.original_context_length": 64 };
  near(angles(keys).frequencies, [1, 0.01]);
  // base 10000 (2 128 / 64 - 1)^(4 / 2) = 90000
  near(angles(keys, { context: 128, contextSize: 128 }).frequencies, [1, 1 / 300]);
});

describe("refusals", () => {
  const refused = (keys: Record<string, MetadataValue>, over: Partial<RopeInput> = {}) =>
    expect(() => angles(keys, over)).toThrow(BadHyperparameterError);
  test("an unknown scaling", () => {
    refused({ "scaling.type": "toString" });
    refused({ "scaling.type": 3 });
  });
  test("numbers that are none", () => {
    refused({ freq_base: 0 });
    refused({ freq_base: Number.NaN });
    refused({ "scaling.factor": -1 });
    refused({ "scaling.type": "yarn", "scaling.original_context_length": 0 });
  });
  test("factors of another length, or below 0", () => {
    refused({}, { factors: { freqs: Float32Array.of(1, 1, 1) } });
    refused({}, { factors: { freqs: Float32Array.of(1, -1) } });
  });
});
