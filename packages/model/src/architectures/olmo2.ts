import type { Weight } from "@realizar/tensor";
import type { Architecture } from "../architecture.ts";
import { type AttentionWeights, attentionWeights } from "../blocks/attention-weights.ts";
import { type FeedForwardWeights, feedForward, feedForwardWeights } from "../blocks/feed-forward.ts";
import { eachLayer, type OuterWeights, outerWeights } from "../blocks/outer-weights.ts";
import {
  type DecoderConfig,
  type LayerAttention,
  readDecoder,
  readLayerAttentions,
} from "../hyperparameters.ts";

export interface Olmo2Config extends DecoderConfig {
  /** Of OLMo 3: three layers slide a window unscaled, the fourth sees all. */
  readonly perLayer: readonly LayerAttention[];
}

export interface Olmo2Weights extends OuterWeights {
  readonly layers: readonly (AttentionWeights & {
    /** [heads * headDim]. */
    readonly qNorm: Weight;
    /** [kvHeads * headDim]. */
    readonly kNorm: Weight;
    readonly postAttentionNorm: Weight;
    readonly postMlpNorm: Weight;
    readonly mlp: FeedForwardWeights;
  })[];
}

/** OLMo 2 and 3: norms after each block instead of before, and over the whole of q and k. OLMo Team 2024, 2025. */
export const olmo2: Architecture<Olmo2Config, Olmo2Weights> = {
  config(input) {
    const c = readDecoder(input, "halved");
    return { ...c, perLayer: readLayerAttentions(input, c, { period: 4, scaled: false }) };
  },

  weights: (t, c) => ({
    ...outerWeights(t, c),
    layers: eachLayer(c, (i) => ({
      ...attentionWeights(t, i, c),
      qNorm: t.vector(`blk.${i}.attn_q_norm.weight`, [c.heads * c.headDim]),
      kNorm: t.vector(`blk.${i}.attn_k_norm.weight`, [c.kvHeads * c.headDim]),
      postAttentionNorm: t.vector(`blk.${i}.post_attention_norm.weight`, [c.dim]),
      postMlpNorm: t.vector(`blk.${i}.post_ffw_norm.weight`, [c.dim]),
      mlp: feedForwardWeights(t, i, c),
    })),
  }),

  forward(ops, w, c) {
    let x = ops.embed(w.embedding); // [n, dim]
    for (const [i, l] of w.layers.entries()) {
      const { attention, rope } = c.perLayer[i]!;
      const q = ops.rmsNorm(ops.linear(x, l.q), l.qNorm, c.eps); // [n, heads * headDim]
      const k = ops.rmsNorm(ops.linear(x, l.k), l.kNorm, c.eps); // [n, kvHeads * headDim]
      const v = ops.linear(x, l.v);
      let a = ops.attention(ops.rope(q, rope), ops.rope(k, rope), v, i, attention); // [n, heads * headDim]
      if (i === c.layers - 1) [x, a] = [ops.outputRows(x), ops.outputRows(a)]; // the rest only for rows that are wanted
      x = ops.add(x, ops.rmsNorm(ops.linear(a, l.o), l.postAttentionNorm, c.eps));
      x = ops.add(x, ops.rmsNorm(feedForward(ops, x, l.mlp, "silu"), l.postMlpNorm, c.eps));
    }
    return ops.rmsNorm(x, w.outputNorm, c.eps); // [m, dim]
  },

  output: (ops, x, w) => ops.linear(x, w.output), // [m, vocab]
};
