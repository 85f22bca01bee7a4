import type { Weight } from "@realizar/tensor";
import type { TransformerConfig } from "../hyperparameters.ts";
import type { WeightTable } from "../weight-table.ts";

/** The projections of one layer's attention. */
export interface AttentionWeights {
  /** [heads * headDim, dim]. */
  readonly q: Weight;
  /** [kvHeads * headDim, dim]. */
  readonly k: Weight;
  readonly v: Weight;
  /** [dim, heads * headDim]. */
  readonly o: Weight;
  readonly qBias: Weight | undefined;
  readonly kBias: Weight | undefined;
  readonly vBias: Weight | undefined;
  readonly oBias: Weight | undefined;
}

/** Apart as attn_q, attn_k and attn_v, or fused by rows as attn_qkv; biases where the checkpoint has them. */
export function attentionWeights(t: WeightTable, i: number, c: TransformerConfig): AttentionWeights {
  const qRows = c.heads * c.headDim;
  const kvRows = c.kvHeads * c.headDim;
  const fused = `blk.${i}.attn_qkv`;
  const rows = qRows + 2 * kvRows;

  function projection(name: string, count: number, from: number) {
    const separate = `blk.${i}.${name}`;
    if (!t.has(`${fused}.weight`)) {
      return {
        weight: t.matrix(`${separate}.weight`, [count, c.dim]),
        bias: t.optionalVector(`${separate}.bias`, [count]),
      };
    }
    return {
      weight: t.matrixRows(`${separate}.weight`, [count, c.dim], { of: `${fused}.weight`, rows, from }),
      bias: t.optionalVectorRange(`${separate}.bias`, count, { of: `${fused}.bias`, rows, from }),
    };
  }

  const q = projection("attn_q", qRows, 0);
  const k = projection("attn_k", kvRows, qRows);
  const v = projection("attn_v", kvRows, qRows + kvRows);
  return {
    q: q.weight,
    k: k.weight,
    v: v.weight,
    o: t.matrix(`blk.${i}.attn_output.weight`, [c.dim, qRows]),
    qBias: q.bias,
    kBias: k.bias,
    vBias: v.bias,
    oBias: t.optionalVector(`blk.${i}.attn_output.bias`, [c.dim]),
  };
}
