import type { Weight } from "@realizar/tensor";
import type { Architecture } from "../architecture.ts";
import { type AttentionWeights, attentionWeights } from "../blocks/attention-weights.ts";
import { type FeedForwardWeights, feedForward, feedForwardWeights } from "../blocks/feed-forward.ts";
import { eachLayer, type OuterWeights, outerWeights } from "../blocks/outer-weights.ts";
import {
  type DecoderConfig,
  type ExpertsConfig,
  readDecoder,
  readExperts,
  readWindow,
} from "../hyperparameters.ts";

export interface LlamaConfig extends DecoderConfig {
  readonly experts?: ExpertsConfig | undefined;
}

export interface LlamaWeights extends OuterWeights {
  readonly layers: readonly (AttentionWeights & {
    readonly attentionNorm: Weight;
    readonly mlpNorm: Weight;
    readonly mlp: FeedForwardWeights;
  })[];
}

/** Llama 1 to 3, Mistral (a sliding window), SmolLM, and Mixtral (experts). Touvron et al. 2023; Jiang et al. 2023, 2024. */
export const llama: Architecture<LlamaConfig, LlamaWeights> = {
  config(input) {
    const c = readDecoder(input, "interleaved");
    return {
      ...c,
      attention: { ...c.attention, window: readWindow(input) },
      experts: readExperts(input, c.ffn, "softmax-normalized"),
    };
  },

  weights: (t, c) => ({
    ...outerWeights(t, c),
    layers: eachLayer(c, (i) => ({
      ...attentionWeights(t, i, c),
      attentionNorm: t.vector(`blk.${i}.attn_norm.weight`, [c.dim]),
      mlpNorm: t.vector(`blk.${i}.ffn_norm.weight`, [c.dim]),
      mlp: feedForwardWeights(t, i, c),
    })),
  }),

  forward(ops, w, c) {
    let x = ops.embed(w.embedding); // [n, dim]
    for (const [i, l] of w.layers.entries()) {
      const h = ops.rmsNorm(x, l.attentionNorm, c.eps); // [n, dim]
      const q = ops.rope(ops.linear(h, l.q, l.qBias), c.rope); // [n, heads * headDim]
      const k = ops.rope(ops.linear(h, l.k, l.kBias), c.rope); // [n, kvHeads * headDim]
      const v = ops.linear(h, l.v, l.vBias);
      let a = ops.attention(q, k, v, i, c.attention); // [n, heads * headDim]
      if (i === c.layers - 1) [x, a] = [ops.outputRows(x), ops.outputRows(a)]; // the rest only for rows that are wanted
      x = ops.add(x, ops.linear(a, l.o, l.oBias));
      x = ops.add(x, feedForward(ops, ops.rmsNorm(x, l.mlpNorm, c.eps), l.mlp, "silu"));
    }
    return ops.rmsNorm(x, w.outputNorm, c.eps); // [m, dim]
  },

  output: (ops, x, w) => ops.linear(x, w.output, w.outputBias), // [m, vocab]
};
