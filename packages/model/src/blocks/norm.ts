import type { Ops, Tensor, Weight } from "@realizar/tensor";
import type { WeightTable } from "../weight-table.ts";

/** A layer norm's vectors: [dim]. */
export interface NormWeights {
  readonly weight: Weight;
  readonly bias: Weight | undefined;
}

export function normWeights(t: WeightTable, name: string, dim: number): NormWeights {
  return { weight: t.vector(`${name}.weight`, [dim]), bias: t.optionalVector(`${name}.bias`, [dim]) };
}

/** [n, dim] to [n, dim]. */
export function norm(ops: Ops, x: Tensor, w: NormWeights, eps: number): Tensor {
  return ops.layerNorm(x, w.weight, w.bias, eps);
}
