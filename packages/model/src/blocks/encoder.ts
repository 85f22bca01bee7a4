import type { Weight } from "@realizar/tensor";
import { type ModelInput, readTransformer, type TransformerConfig } from "../hyperparameters.ts";
import type { WeightTable } from "../weight-table.ts";
import { type NormWeights, normWeights } from "./norm.ts";

/** A transformer whose rows see the whole sequence. */
export interface EncoderConfig extends TransformerConfig {
  readonly eps: number;
}

/** @throws MissingHyperparameterError, BadHyperparameterError */
export function readEncoder(input: ModelInput): EncoderConfig {
  const { keys } = input;
  const c = readTransformer(input);
  return {
    ...c,
    attention: { ...c.attention, causal: keys.flag("attention.causal", false) },
    eps: keys.positive("attention.layer_norm_epsilon"),
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
