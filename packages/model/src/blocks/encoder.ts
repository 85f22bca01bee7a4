import type { Weight } from "@realizar/tensor";
import { type ModelInput, readTransformer, type TransformerConfig } from "../hyperparameters.ts";
import type { WeightTable } from "../weight-table.ts";
import { type NormWeights, normWeights } from "./norm.ts";

/** How one vector comes from the rows of a text. */
export type Pooling = "mean" | "cls" | "last";

/** `pooling_type` of a GGUF: enum llama_pooling_type of llama.h. */
const POOLINGS: Readonly<Record<number, Pooling>> = { 1: "mean", 2: "cls", 3: "last" };

/** A transformer whose rows see the whole sequence. */
export interface EncoderConfig extends TransformerConfig {
  readonly eps: number;
  readonly pooling: Pooling;
}

/** @throws MissingHyperparameterError, BadHyperparameterError */
export function readEncoder(input: ModelInput): EncoderConfig {
  const { keys } = input;
  const c = readTransformer(input);
  return {
    ...c,
    attention: { ...c.attention, causal: keys.flag("attention.causal", false) },
    eps: keys.positive("attention.layer_norm_epsilon"),
    pooling: POOLINGS[keys.countOrZero("pooling_type", 4, 1)] ?? "mean",
  };
}

/** What lies around the layers of an encoder. */
export interface EncoderOuterWeights {
  /** [vocab, dim]. */
  readonly embedding: Weight;
  /** [contextSize, dim]: the embedding of token type 0, which every token of one text has, at each position. */
  readonly types: Weight | undefined;
  readonly embeddingNorm: NormWeights;
}

export function encoderOuterWeights(t: WeightTable, c: EncoderConfig): EncoderOuterWeights {
  const types = "token_types.weight";
  return {
    embedding: t.matrix("token_embd.weight", [c.vocab, c.dim]),
    types: t.has(types) ? t.repeatedFirstRow("token_types.0", [c.contextSize, c.dim], types) : undefined,
    embeddingNorm: normWeights(t, "token_embd_norm", c.dim),
  };
}
