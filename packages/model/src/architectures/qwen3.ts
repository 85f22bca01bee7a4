import type { Weight } from "@realizar/tensor";
import type { Architecture } from "../architecture.ts";
import { type AttentionWeights, attentionWeights } from "../blocks/attention-weights.ts";
import { type FeedForwardWeights, feedForward, feedForwardWeights } from "../blocks/feed-forward.ts";
import { eachLayer, type OuterWeights, outerWeights } from "../blocks/outer-weights.ts";
import { readDecoder } from "../hyperparameters.ts";
import type { LlamaConfig } from "./llama.ts";

export interface Qwen3Weights extends OuterWeights {
  readonly layers: readonly (AttentionWeights & {
    readonly attentionNorm: Weight;
    /** [headDim]. */
    readonly qNorm: Weight;
    readonly kNorm: Weight;
    readonly mlpNorm: Weight;
    readonly mlp: FeedForwardWeights;
  })[];
}

/** Qwen 3: a norm on each head of q and k. Yang et al. 2025. */
export const qwen3: Architecture<LlamaConfig, Qwen3Weights> = {
  config: (input) => readDecoder(input, "halved"),

  weights: (t, c) => ({
    ...outerWeights(t, c),
    layers: eachLayer(c, (i) => ({
      ...attentionWeights(t, i, c),
      attentionNorm: t.vector(`blk.${i}.attn_norm.weight`, [c.dim]),
      qNorm: t.vector(`blk.${i}.attn_q_norm.weight`, [c.headDim]),
      kNorm: t.vector(`blk.${i}.attn_k_norm.weight`, [c.headDim]),
      mlpNorm: t.vector(`blk.${i}.ffn_norm.weight`, [c.dim]),
      mlp: feedForwardWeights(t, i, c),
    })),
  }),

  forward(ops, w, c) {
    let x = ops.embed(w.embedding); // [n, dim]
    for (const [i, l] of w.layers.entries()) {
      const h = ops.rmsNorm(x, l.attentionNorm, c.eps); // [n, dim]
      const q = ops.rmsNorm(ops.linear(h, l.q, l.qBias), l.qNorm, c.eps, c.headDim); // [n, heads * headDim]
      const k = ops.rmsNorm(ops.linear(h, l.k, l.kBias), l.kNorm, c.eps, c.headDim); // [n, kvHeads * headDim]
      const v = ops.linear(h, l.v, l.vBias);
      let a = ops.attention(ops.rope(q, c.rope), ops.rope(k, c.rope), v, i, c.attention); // [n, heads * headDim]
      if (i === c.layers - 1) [x, a] = [ops.outputRows(x), ops.outputRows(a)]; // the rest only for rows that are wanted
      x = ops.add(x, ops.linear(a, l.o, l.oBias));
      x = ops.add(x, feedForward(ops, ops.rmsNorm(x, l.mlpNorm, c.eps), l.mlp, "silu"));
    }
    return ops.rmsNorm(x, w.outputNorm, c.eps); // [m, dim]
  },

  output: (ops, x, w) => ops.linear(x, w.output), // [m, vocab]
};
