import { freshSeed } from "./coin.ts";
import { SamplingParameterError } from "./errors.ts";

/** How the next token is chosen. Names and defaults are llama.cpp's (common/common.h, common_params_sampling). */
export interface SamplingParams {
  /** Divides the logits; 0 or less is greedy. */
  readonly temperature: number;
  /** Keeps the k likeliest tokens; 0 is off. */
  readonly topK: number;
  /** Keeps the likeliest tokens up to this probability mass; 1 is off. */
  readonly topP: number;
  /** Drops tokens less likely than this fraction of the likeliest; 0 is off. */
  readonly minP: number;
  /** Divides the positive and multiplies the negative logits of tokens in the window; 1 is off. */
  readonly repetitionPenalty: number;
  /** Subtracted once from the logit of each token in the window; 0 is off. */
  readonly presencePenalty: number;
  /** Subtracted for each occurrence of a token in the window; 0 is off. */
  readonly frequencyPenalty: number;
  /** Window of the three penalties in tokens, prompt included; 0 is off, -1 the whole sequence. */
  readonly repeatLastN: number;
  /** Added to logits by token id; -Infinity forbids the token. */
  readonly logitBias: ReadonlyMap<number, number>;
  /** Seed of the coin, an integer from 0 to 2^53 - 1. */
  readonly seed: number;
}

const NO_BIAS: ReadonlyMap<number, number> = new Map();

/** llama.cpp's defaults; a seed has none. */
export const SAMPLING_DEFAULTS: Omit<SamplingParams, "seed"> = {
  temperature: 0.8,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repeatLastN: 64,
  logitBias: NO_BIAS,
};

/** Greedy decoding: the likeliest token, no penalties. */
export const GREEDY: SamplingParams = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repeatLastN: 0,
  logitBias: NO_BIAS,
  seed: 0,
};

interface Range {
  readonly allowed: string;
  readonly holds: (value: number) => boolean;
}

const between = (low: number, high: number): Range => ({
  allowed: `a number from ${low} to ${high}`,
  holds: (value) => value >= low && value <= high,
});

const integerBetween = (low: number, high: number): Range => ({
  allowed: `an integer from ${low} to ${high}`,
  holds: (value) => Number.isInteger(value) && value >= low && value <= high,
});

const MAX_INT32 = 2 ** 31 - 1;

/** The allowed range of each numeric field. The upper bounds only keep the arithmetic finite. */
export const SAMPLING_RANGES = {
  temperature: between(0, 100),
  topK: integerBetween(0, MAX_INT32),
  topP: between(0, 1),
  minP: between(0, 1),
  repetitionPenalty: between(0.01, 100),
  presencePenalty: between(-100, 100),
  frequencyPenalty: between(-100, 100),
  repeatLastN: integerBetween(-1, MAX_INT32),
  seed: integerBetween(0, Number.MAX_SAFE_INTEGER),
} satisfies Record<Exclude<keyof SamplingParams, "logitBias">, Range>;

/** Largest finite logit bias: beyond it 32-bit logits would overflow. */
const MAX_BIAS = 1e9;

/**
 * Checks every field against its range.
 * @param vocabSize where given, ids of `logitBias` must be below it
 * @throws SamplingParameterError names the field, its value and the allowed range
 */
export function validateSamplingParams(params: SamplingParams, vocabSize = MAX_INT32): void {
  for (const field of Object.keys(SAMPLING_RANGES) as (keyof typeof SAMPLING_RANGES)[]) {
    const value: unknown = params[field];
    const range = SAMPLING_RANGES[field];
    if (typeof value !== "number" || !range.holds(value)) {
      throw new SamplingParameterError(field, value, range.allowed);
    }
  }
  for (const [id, bias] of params.logitBias) {
    if (!Number.isInteger(id) || id < 0 || id >= vocabSize) {
      throw new SamplingParameterError("logitBias", id, `keyed by token ids from 0 to ${vocabSize - 1}`);
    }
    if (bias !== -Infinity && !(Math.abs(bias) <= MAX_BIAS)) {
      throw new SamplingParameterError("logitBias", bias, `-Infinity or from ${-MAX_BIAS} to ${MAX_BIAS}`);
    }
  }
}

/**
 * Completes a partial set of parameters with the defaults and, where no seed is given, a fresh one.
 * @throws SamplingParameterError
 */
export function samplingParams(given: Partial<SamplingParams> = {}): SamplingParams {
  const params = { ...SAMPLING_DEFAULTS, ...given, seed: given.seed ?? freshSeed() };
  validateSamplingParams(params);
  return params;
}
