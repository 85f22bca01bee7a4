import { exp, log } from "@realizar/sampling";
import { BadHyperparameterError } from "./errors.ts";
import type { Keys } from "./keys.ts";

/** Divisors of the frequencies that a checkpoint carries as tensors, one a pair. */
export interface RopeFactors {
  /** rope_freqs.weight: Llama 3.1 and later. */
  readonly freqs?: Float32Array;
  /** rope_factors_long.weight and rope_factors_short.weight: LongRoPE. */
  readonly long?: Float32Array;
  readonly short?: Float32Array;
}

export interface RopeInput {
  /** Numbers of a head that turn. */
  readonly dims: number;
  /** Positions trained for, and loaded for. */
  readonly context: number;
  readonly contextSize: number;
  readonly factors: RopeFactors;
  readonly local?: LocalRope | undefined;
}

/** Layers that turn on a base of their own, and are scaled like the others or not at all. */
export interface LocalRope {
  readonly base: number;
  readonly scaled: boolean;
}

export interface RopeAngles {
  /** [dims / 2] radians a position. */
  readonly frequencies: Float64Array;
  /** Factor on cos and sin. */
  readonly magnitude: number;
}

interface Scaling extends RopeInput {
  readonly base: number;
  readonly factor: number;
  /** Positions trained for before the context was extended. */
  readonly original: number;
}

/**
 * Frequencies from `rope.freq_base` and `rope.scaling.*`.
 * @throws BadHyperparameterError on an unknown scaling or a bad number
 */
export function readRopeAngles(keys: Keys, input: RopeInput): RopeAngles {
  const { local } = input;
  if (local && !local.scaled) return { frequencies: plain(input.dims, local.base), magnitude: 1 };
  const type = keys.text("rope.scaling.type", input.factors.long ? "longrope" : "linear");
  const scale = Object.hasOwn(SCALINGS, type) ? SCALINGS[type] : undefined;
  if (!scale) {
    const known = Object.keys(SCALINGS).join(", ");
    throw new BadHyperparameterError(keys.key("rope.scaling.type"), type, `one of ${known}`);
  }
  const angles = scale(keys, {
    ...input,
    base: local?.base ?? keys.positive("rope.freq_base", 10000),
    factor: keys.positive("rope.scaling.factor", keys.positive("rope.scale_linear", 1)),
    original: keys.positive("rope.scaling.original_context_length", input.context),
  });
  return {
    frequencies: divide(keys, angles.frequencies, input.factors.freqs),
    magnitude: angles.magnitude * keys.positive(ATTENTION_FACTOR, 1),
  };
}

const ATTENTION_FACTOR = "rope.scaling.attn_factor";

const SCALINGS: Readonly<Record<string, (keys: Keys, s: Scaling) => RopeAngles>> = {
  none: (_, { dims, base }) => ({ frequencies: plain(dims, base), magnitude: 1 }),
  linear: (_, { dims, base, factor }) => ({
    frequencies: plain(dims, base).map((frequency) => frequency / factor),
    magnitude: 1,
  }),
  yarn,
  longrope: longRope,
  llama3,
  dynamic: (_, s) => ({ frequencies: plain(s.dims, dynamicBase(s)), magnitude: 1 }),
};

/** The same bits on every engine, as `**` need not have. */
const power = (base: number, exponent: number) => exp(exponent * log(base));

/** base^(-2i / dims). Su et al. 2021, section 3.2.2. */
function plain(dims: number, base: number): Float64Array {
  return Float64Array.from({ length: dims / 2 }, (_, i) => power(base, (-2 * i) / dims));
}

/**
 * Fast pairs keep their frequency, slow ones are divided by the factor, a ramp lies between. Peng et al. 2023, "YaRN",
 * section 3.2; ggml_rope_yarn_corr_dims and rope_yarn of ggml-cpu/ops.cpp; magnitude: llama-context.cpp.
 */
function yarn(keys: Keys, { dims, base, factor, original }: Scaling): RopeAngles {
  const extrapolation = keys.real("rope.scaling.yarn_ext_factor", 1);
  const betaFast = keys.positive("rope.scaling.yarn_beta_fast", 32);
  const betaSlow = keys.positive("rope.scaling.yarn_beta_slow", 1);
  /** The pair that turns `rotations` times over the original context. */
  const pairOf = (rotations: number) => (dims * log(original / (rotations * 2 * Math.PI))) / (2 * log(base));
  const low = Math.max(0, Math.floor(pairOf(betaFast)));
  const high = Math.min(dims - 1, Math.ceil(pairOf(betaSlow)));
  const frequencies = plain(dims, base).map((frequency, i) => {
    const ramp = Math.min(1, Math.max(0, (i - low) / Math.max(0.001, high - low)));
    const kept = (1 - ramp) * extrapolation;
    return (frequency / factor) * (1 - kept) + frequency * kept;
  });
  const attention = factor <= 1 ? 1 : 0.1 * log(factor) + 1;
  return {
    frequencies,
    magnitude: keys.positive("rope.scaling.yarn_attn_factor", attention),
  };
}

/**
 * A divisor a pair: one set within the original context, another beyond. Ding et al. 2024, "LongRoPE"; magnitude where
 * the file has none: `_compute_longrope_parameters` of transformers' modeling_rope_utils.py.
 */
function longRope(keys: Keys, s: Scaling): RopeAngles {
  const stretch = s.context / s.original;
  const magnitude = stretch <= 1 ? 1 : Math.sqrt(1 + log(stretch) / log(s.original));
  return {
    frequencies: divide(
      keys,
      plain(s.dims, s.base),
      s.contextSize > s.original ? s.factors.long : s.factors.short,
    ),
    magnitude: keys.has(ATTENTION_FACTOR) ? 1 : magnitude,
  };
}

/**
 * Wavelengths above original / lowFactor are stretched by the factor, those below original / highFactor kept, a blend
 * between: `apply_scaling` of Llama 3.1's reference model.
 */
function llama3(keys: Keys, { dims, base, factor, original }: Scaling): RopeAngles {
  const lowFactor = keys.positive("rope.scaling.low_freq_factor", 1);
  const highFactor = keys.positive("rope.scaling.high_freq_factor", 4);
  const frequencies = plain(dims, base).map((frequency) => {
    const turns = (original * frequency) / (2 * Math.PI);
    const blend = Math.min(1, Math.max(0, (turns - lowFactor) / (highFactor - lowFactor)));
    return (1 - blend) * (frequency / factor) + blend * frequency;
  });
  return { frequencies, magnitude: 1 };
}

/** The base grows with the context beyond the original: `_compute_dynamic_ntk_parameters` of modeling_rope_utils.py. */
function dynamicBase({ dims, base, factor, original, contextSize }: Scaling): number {
  if (contextSize <= original) return base;
  return base * power((factor * contextSize) / original - (factor - 1), dims / (dims - 2));
}

function divide(keys: Keys, frequencies: Float64Array, divisors: Float32Array | undefined): Float64Array {
  if (!divisors) return frequencies;
  if (divisors.length !== frequencies.length || !divisors.every((divisor) => divisor > 0)) {
    throw new BadHyperparameterError(
      keys.key("rope.dimension_count"),
      2 * frequencies.length,
      `twice the ${divisors.length} frequency factors, all above 0`,
    );
  }
  return frequencies.map((frequency, i) => frequency / divisors[i]!);
}
