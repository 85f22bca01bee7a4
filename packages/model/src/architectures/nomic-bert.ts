import type { RopeSpec } from "@realizar/tensor";
import type { Architecture } from "../architecture.ts";
import { type AttentionWeights, attentionWeights } from "../blocks/attention-weights.ts";
import {
  type EncoderConfig,
  type EncoderOuterWeights,
  encoderOuterWeights,
  readEncoder,
} from "../blocks/encoder.ts";
import { type FeedForwardWeights, feedForward, feedForwardWeights } from "../blocks/feed-forward.ts";
import { type NormWeights, norm, normWeights } from "../blocks/norm.ts";
import { eachLayer } from "../blocks/outer-weights.ts";
import { readRope } from "../hyperparameters.ts";

export interface NomicBertConfig extends EncoderConfig {
  readonly rope: RopeSpec;
}

export interface NomicBertWeights extends EncoderOuterWeights {
  readonly layers: readonly (AttentionWeights & {
    readonly attentionNorm: NormWeights;
    readonly mlp: FeedForwardWeights;
    readonly outputNorm: NormWeights;
  })[];
}

/** Nomic Embed: BERT with rotary positions and SwiGLU. Nussbaum et al. 2024. */
export const nomicBert: Architecture<NomicBertConfig, NomicBertWeights> = {
  config(input) {
    const c = readEncoder(input);
    return { ...c, rope: readRope(input, c, "halved") };
  },

  weights: (t, c) => ({
    ...encoderOuterWeights(t, c),
    layers: eachLayer(c, (i) => ({
      ...attentionWeights(t, i, c),
      attentionNorm: normWeights(t, `blk.${i}.attn_output_norm`, c.dim),
      mlp: feedForwardWeights(t, i, c),
      outputNorm: normWeights(t, `blk.${i}.layer_output_norm`, c.dim),
    })),
  }),

  forward(ops, w, c) {
    let x = ops.embed(w.embedding); // [n, dim]
    if (w.types) x = ops.add(x, ops.embedPositions(w.types));
    x = norm(ops, x, w.embeddingNorm, c.eps);
    for (const [i, l] of w.layers.entries()) {
      const q = ops.rope(ops.linear(x, l.q, l.qBias), c.rope); // [n, heads * headDim]
      const k = ops.rope(ops.linear(x, l.k, l.kBias), c.rope);
      const v = ops.linear(x, l.v, l.vBias);
      const a = ops.attention(q, k, v, i, c.attention);
      x = norm(ops, ops.add(x, ops.linear(a, l.o, l.oBias)), l.attentionNorm, c.eps);
      x = norm(ops, ops.add(x, feedForward(ops, x, l.mlp, "silu")), l.outputNorm, c.eps);
    }
    return ops.outputRows(x); // [m, dim]
  },
};
