import type { AttentionSpec, RopeSpec, RouteSpec } from "@realizar/tensor";
import { BadHyperparameterError } from "./errors.ts";
import type { Keys } from "./keys.ts";
import { type LocalRope, type RopeFactors, readRopeAngles } from "./rope-scaling.ts";

/** More than any model has, so that a damaged file cannot make loading run away. */
export const MAX_LAYERS = 1024;
export const MAX_CONTEXT = 1 << 24;
export const MAX_WIDTH = 1 << 20;
export const MAX_HEADS = 1 << 14;
export const MAX_EXPERTS = 1 << 12;

/** What an architecture reads its hyperparameters from. */
export interface ModelInput {
  readonly keys: Keys;
  /** Rows of the token embedding. */
  readonly vocab: number;
  /** Positions the model is loaded for; none: its own. */
  readonly contextSize: number | undefined;
  readonly ropeFactors: RopeFactors;
}

/** What every transformer has. */
export interface TransformerConfig {
  readonly vocab: number;
  /** Width of the residual stream. */
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Width of the dense feed-forward. */
  readonly ffn: number;
  /** Positions that the model was trained for. */
  readonly context: number;
  /** Positions that it is loaded for. */
  readonly contextSize: number;
  readonly attention: AttentionSpec;
}

/** A transformer with rotary positions and RMS norms. */
export interface DecoderConfig extends TransformerConfig {
  readonly eps: number;
  readonly rope: RopeSpec;
}

/** @throws MissingHyperparameterError, BadHyperparameterError */
export function readTransformer({ keys, vocab, contextSize }: ModelInput): TransformerConfig {
  const layers = keys.count("block_count", MAX_LAYERS);
  const dim = keys.count("embedding_length", MAX_WIDTH);
  const heads = keys.count("attention.head_count", MAX_HEADS);
  const kvHeads = keys.count("attention.head_count_kv", MAX_HEADS, heads);
  const context = keys.count("context_length", MAX_CONTEXT);
  if (heads % kvHeads !== 0) {
    throw new BadHyperparameterError(
      keys.key("attention.head_count_kv"),
      kvHeads,
      `a divisor of ${heads} heads`,
    );
  }
  const headDim = keys.count("attention.key_length", MAX_WIDTH, dim / heads);
  if (!Number.isInteger(headDim)) {
    throw new BadHyperparameterError(
      keys.key("attention.head_count"),
      heads,
      `a divisor of the width ${dim}`,
    );
  }
  const valueDim = keys.count("attention.value_length", MAX_WIDTH, headDim);
  if (valueDim !== headDim) {
    throw new BadHyperparameterError(
      keys.key("attention.value_length"),
      valueDim,
      `the key length ${headDim}`,
    );
  }
  return {
    vocab,
    dim,
    layers,
    heads,
    kvHeads,
    headDim,
    ffn: keys.count("feed_forward_length", MAX_WIDTH),
    context,
    contextSize: Math.min(contextSize ?? context, longestContext(keys, context)),
    attention: {
      heads,
      kvHeads,
      headDim,
      scale: 1 / Math.sqrt(headDim),
      window: 0,
      softcap: 0,
      causal: true,
    },
  };
}

/** Positions a model can be loaded for: its own, and with dynamic scaling that many times the factor. */
function longestContext(keys: Keys, context: number): number {
  return keys.raw("rope.scaling.type") === "dynamic"
    ? Math.floor(context * Math.max(1, keys.positive("rope.scaling.factor", 1)))
    : context;
}

/** @throws MissingHyperparameterError, BadHyperparameterError */
export function readDecoder(input: ModelInput, pairing: RopeSpec["pairing"]): DecoderConfig {
  const transformer = readTransformer(input);
  return {
    ...transformer,
    eps: input.keys.positive("attention.layer_norm_rms_epsilon"),
    rope: readRope(input, transformer, pairing),
  };
}

/** The rotary embedding as the keys have it, of all layers or of `local` ones. */
export function readRope(
  input: ModelInput,
  { headDim, context, contextSize }: TransformerConfig,
  pairing: RopeSpec["pairing"],
  local?: LocalRope,
): RopeSpec {
  const { keys } = input;
  const dims = keys.count("rope.dimension_count", MAX_WIDTH, headDim);
  if (dims > headDim || dims % 2 !== 0) {
    throw new BadHyperparameterError(keys.key("rope.dimension_count"), dims, `even and at most ${headDim}`);
  }
  const angles = readRopeAngles(keys, { dims, context, contextSize, factors: input.ropeFactors, local });
  return { headDim, dims, pairing, ...angles };
}

/** The attention of a layer that sees `attention.sliding_window` positions back; 0 or absent: all. */
export function readWindow({ keys }: ModelInput, fallback = 0): number {
  return keys.countOrZero("attention.sliding_window", 2 ** 31, fallback);
}

/**
 * Whether each layer slides its window. `attention.sliding_window_pattern` is a flag a layer, or a period n: all but
 * every n-th layer slide.
 */
function readSlidingLayers({ keys }: ModelInput, layers: number, period: number): boolean[] {
  const name = "attention.sliding_window_pattern";
  const pattern = keys.raw(name);
  if (typeof pattern === "object" && pattern.length >= layers) {
    return Array.from({ length: layers }, (_, i) => Boolean(pattern[i]));
  }
  const n = keys.count(name, MAX_LAYERS, period);
  return Array.from({ length: layers }, (_, i) => i % n < n - 1);
}

/** What a layer sees and how its positions turn. */
export interface LayerAttention {
  readonly attention: AttentionSpec;
  readonly rope: RopeSpec;
}

/** How an architecture's layers differ where the file does not say. */
export interface SlidingLayers {
  /** All but every n-th layer slide. */
  readonly period: number;
  /** Positions a sliding layer sees back; none: no layer slides. */
  readonly window?: number;
  /** Base of sliding layers; none: that of the others. */
  readonly base?: number;
  /** Whether rope scaling holds for sliding layers too. */
  readonly scaled: boolean;
}

/** Of each layer, where some slide `attention.sliding_window` positions and turn on `rope.freq_base_swa`. */
export function readLayerAttentions(
  input: ModelInput,
  c: DecoderConfig,
  usual: SlidingLayers,
): LayerAttention[] {
  const { keys } = input;
  const window = readWindow(input, usual.window);
  const full = { attention: c.attention, rope: c.rope };
  if (window === 0) return Array.from({ length: c.layers }, () => full);
  const base = keys.positive("rope.freq_base_swa", usual.base ?? keys.positive("rope.freq_base", 10000));
  const sliding = {
    attention: { ...c.attention, window },
    rope: readRope(input, c, c.rope.pairing, { base, scaled: usual.scaled }),
  };
  return readSlidingLayers(input, c.layers, usual.period).map((slides) => (slides ? sliding : full));
}

/** Experts, how many each token takes, and their width. */
export interface ExpertsConfig {
  readonly route: RouteSpec;
  /** Width of one expert. */
  readonly ffn: number;
}

/** Undefined where the model has none. @throws BadHyperparameterError */
export function readExperts(
  { keys }: ModelInput,
  denseFfn: number,
  weighting: RouteSpec["weighting"],
): ExpertsConfig | undefined {
  const experts = keys.countOrZero("expert_count", MAX_EXPERTS, 0);
  if (experts === 0) return undefined;
  return {
    route: {
      experts,
      used: keys.count("expert_used_count", experts),
      weighting,
      scale: 1,
    },
    ffn: keys.count("expert_feed_forward_length", MAX_WIDTH, denseFfn),
  };
}
