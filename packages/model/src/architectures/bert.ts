import type { Weight } from "@realizar/tensor";
import type { Architecture } from "../architecture.ts";
import { type AttentionWeights, attentionWeights } from "../blocks/attention-weights.ts";
import {
  type EncoderConfig,
  type EncoderOuterWeights,
  encoderOuterWeights,
  readEncoder,
} from "../blocks/encoder.ts";
import { type NormWeights, norm, normWeights } from "../blocks/norm.ts";
import { eachLayer } from "../blocks/outer-weights.ts";

export interface BertWeights extends EncoderOuterWeights {
  /** [context, dim]. */
  readonly positions: Weight;
  readonly layers: readonly (AttentionWeights & {
    readonly attentionNorm: NormWeights;
    /** [ffn, dim]. */
    readonly up: Weight;
    readonly upBias: Weight | undefined;
    /** [dim, ffn]. */
    readonly down: Weight;
    readonly downBias: Weight | undefined;
    readonly outputNorm: NormWeights;
  })[];
}

/** BERT: learnt positions, norms after each block, every row sees the whole sequence. Devlin et al. 2018. */
export const bert: Architecture<EncoderConfig, BertWeights> = {
  config: readEncoder,

  weights: (t, c) => ({
    ...encoderOuterWeights(t, c),
    positions: t.matrix("position_embd.weight", [c.context, c.dim]),
    layers: eachLayer(c, (i) => ({
      ...attentionWeights(t, i, c),
      attentionNorm: normWeights(t, `blk.${i}.attn_output_norm`, c.dim),
      up: t.matrix(`blk.${i}.ffn_up.weight`, [c.ffn, c.dim]),
      upBias: t.optionalVector(`blk.${i}.ffn_up.bias`, [c.ffn]),
      down: t.matrix(`blk.${i}.ffn_down.weight`, [c.dim, c.ffn]),
      downBias: t.optionalVector(`blk.${i}.ffn_down.bias`, [c.dim]),
      outputNorm: normWeights(t, `blk.${i}.layer_output_norm`, c.dim),
    })),
  }),

  forward(ops, w, c) {
    let x = ops.add(ops.embed(w.embedding), ops.embedPositions(w.positions)); // [n, dim]
    if (w.types) x = ops.add(x, ops.embedPositions(w.types));
    x = norm(ops, x, w.embeddingNorm, c.eps);
    for (const [i, l] of w.layers.entries()) {
      const q = ops.linear(x, l.q, l.qBias); // [n, heads * headDim]
      const k = ops.linear(x, l.k, l.kBias);
      const v = ops.linear(x, l.v, l.vBias);
      const a = ops.attention(q, k, v, i, c.attention);
      x = norm(ops, ops.add(x, ops.linear(a, l.o, l.oBias)), l.attentionNorm, c.eps);
      const m = ops.activate("gelu_erf", ops.linear(x, l.up, l.upBias)); // [n, ffn]
      x = norm(ops, ops.add(x, ops.linear(m, l.down, l.downBias)), l.outputNorm, c.eps);
    }
    return ops.outputRows(x); // [m, dim]
  },
};
