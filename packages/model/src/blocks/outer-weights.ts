import type { Weight } from "@realizar/tensor";
import type { TransformerConfig } from "../hyperparameters.ts";
import type { WeightTable } from "../weight-table.ts";

/** What lies around the layers of a decoder. */
export interface OuterWeights {
  /** [vocab, dim]. */
  readonly embedding: Weight;
  /** [dim]. */
  readonly outputNorm: Weight;
  /** [vocab, dim]: the embedding again where the checkpoint has no output.weight. */
  readonly output: Weight;
  /** [vocab]. */
  readonly outputBias: Weight | undefined;
}

export function outerWeights(t: WeightTable, c: TransformerConfig): OuterWeights {
  const embedding = t.matrix("token_embd.weight", [c.vocab, c.dim]);
  return {
    embedding,
    outputNorm: t.vector("output_norm.weight", [c.dim]),
    output: t.has("output.weight") ? t.matrix("output.weight", [c.vocab, c.dim]) : embedding,
    outputBias: t.optionalVector("output.bias", [c.vocab]),
  };
}

/** f of each layer's index. */
export function eachLayer<T>(c: TransformerConfig, f: (layer: number) => T): T[] {
  return Array.from({ length: c.layers }, (_, i) => f(i));
}
