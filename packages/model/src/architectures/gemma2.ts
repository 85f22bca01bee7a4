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

export interface Gemma2Config extends DecoderConfig {
  /** Every other layer slides a window. */
  readonly perLayer: readonly LayerAttention[];
  readonly outputCap: number;
}

export interface Gemma2Weights extends OuterWeights {
  readonly layers: readonly (AttentionWeights & {
    readonly attentionNorm: Weight;
    readonly postAttentionNorm: Weight;
    readonly mlpNorm: Weight;
    readonly postMlpNorm: Weight;
    readonly mlp: FeedForwardWeights;
  })[];
}

/** Depth of Gemma 2 27B, whose scores are scaled by the width a head would have: no key of the file says so. */
const LAYERS_27B = 46;

/** Gemma 2: norms on both sides of each block, capped scores and logits. Gemma Team 2024, "Gemma 2". */
export const gemma2: Architecture<Gemma2Config, Gemma2Weights> = {
  config(input) {
    const c = readDecoder(input, "halved");
    const { keys } = input;
    const scaled = c.layers === LAYERS_27B ? c.dim / c.heads : c.headDim;
    const attention = {
      ...c.attention,
      scale: keys.positive("attention.scale", 1 / Math.sqrt(scaled)),
      softcap: keys.positive("attn_logit_softcapping", 50),
    };
    return {
      ...c,
      perLayer: readLayerAttentions(input, { ...c, attention }, { period: 2, window: 4096, scaled: true }),
      outputCap: keys.positive("final_logit_softcapping", 30),
    };
  },

  weights: (t, c) => ({
    ...outerWeights(t, c),
    layers: eachLayer(c, (i) => ({
      ...attentionWeights(t, i, c),
      attentionNorm: t.vector(`blk.${i}.attn_norm.weight`, [c.dim]),
      postAttentionNorm: t.vector(`blk.${i}.post_attention_norm.weight`, [c.dim]),
      mlpNorm: t.vector(`blk.${i}.ffn_norm.weight`, [c.dim]),
      postMlpNorm: t.vector(`blk.${i}.post_ffw_norm.weight`, [c.dim]),
      mlp: feedForwardWeights(t, i, c),
    })),
  }),

  forward(ops, w, c) {
    let x = ops.scale(ops.embed(w.embedding), Math.sqrt(c.dim)); // [n, dim]
    for (const [i, l] of w.layers.entries()) {
      const { attention, rope } = c.perLayer[i]!;
      const h = ops.rmsNorm(x, l.attentionNorm, c.eps); // [n, dim]
      const q = ops.rope(ops.linear(h, l.q), rope); // [n, heads * headDim]
      const k = ops.rope(ops.linear(h, l.k), rope); // [n, kvHeads * headDim]
      const v = ops.linear(h, l.v);
      let a = ops.attention(q, k, v, i, attention); // [n, heads * headDim]
      if (i === c.layers - 1) [x, a] = [ops.outputRows(x), ops.outputRows(a)]; // the rest only for rows that are wanted
      x = ops.add(x, ops.rmsNorm(ops.linear(a, l.o), l.postAttentionNorm, c.eps));
      const m = feedForward(ops, ops.rmsNorm(x, l.mlpNorm, c.eps), l.mlp, "gelu");
      x = ops.add(x, ops.rmsNorm(m, l.postMlpNorm, c.eps));
    }
    return ops.rmsNorm(x, w.outputNorm, c.eps); // [m, dim]
  },

  output: (ops, x, w, c) => ops.softcap(ops.linear(x, w.output), c.outputCap), // [m, vocab]
};
