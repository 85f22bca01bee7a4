import type { Weight } from "@realizar/tensor";
import type { Architecture } from "../architecture.ts";
import { type AttentionWeights, attentionWeights } from "../blocks/attention-weights.ts";
import { type FeedForwardWeights, feedForward, feedForwardWeights } from "../blocks/feed-forward.ts";
import { eachLayer, type OuterWeights, outerWeights } from "../blocks/outer-weights.ts";
import { MissingHyperparameterError } from "../errors.ts";
import {
  type DecoderConfig,
  type ExpertsConfig,
  type LayerAttention,
  readDecoder,
  readExperts,
  readLayerAttentions,
} from "../hyperparameters.ts";

export interface GptOssConfig extends DecoderConfig {
  readonly experts: ExpertsConfig;
  /** Every other layer slides a window. */
  readonly perLayer: readonly LayerAttention[];
}

export interface GptOssWeights extends OuterWeights {
  readonly layers: readonly (AttentionWeights & {
    readonly attentionNorm: Weight;
    /** [heads]. */
    readonly sinks: Weight;
    readonly mlpNorm: Weight;
    readonly mlp: FeedForwardWeights;
  })[];
}

/** gpt-oss: attention sinks, alternating windows, experts with biases. OpenAI 2025, "gpt-oss model card". */
export const gptOss: Architecture<GptOssConfig, GptOssWeights> = {
  config(input) {
    const c = readDecoder(input, "halved");
    const experts = readExperts(input, c.ffn, "softmax-chosen");
    if (!experts) throw new MissingHyperparameterError(input.keys.key("expert_count"));
    return { ...c, experts, perLayer: readLayerAttentions(input, c, { period: 2, scaled: true }) };
  },

  weights: (t, c) => ({
    ...outerWeights(t, c),
    layers: eachLayer(c, (i) => ({
      ...attentionWeights(t, i, c),
      attentionNorm: t.vector(`blk.${i}.attn_norm.weight`, [c.dim]),
      sinks: t.vector(`blk.${i}.attn_sinks.weight`, [c.heads]),
      mlpNorm: t.vector(`blk.${i}.post_attention_norm.weight`, [c.dim]),
      mlp: feedForwardWeights(t, i, c),
    })),
  }),

  forward(ops, w, c) {
    let x = ops.embed(w.embedding); // [n, dim]
    for (const [i, l] of w.layers.entries()) {
      const { attention, rope } = c.perLayer[i]!;
      const h = ops.rmsNorm(x, l.attentionNorm, c.eps); // [n, dim]
      const q = ops.rope(ops.linear(h, l.q, l.qBias), rope); // [n, heads * headDim]
      const k = ops.rope(ops.linear(h, l.k, l.kBias), rope); // [n, kvHeads * headDim]
      const v = ops.linear(h, l.v, l.vBias);
      let a = ops.attention(q, k, v, i, { ...attention, sinks: l.sinks }); // [n, heads * headDim]
      if (i === c.layers - 1) [x, a] = [ops.outputRows(x), ops.outputRows(a)]; // the rest only for rows that are wanted
      x = ops.add(x, ops.linear(a, l.o, l.oBias));
      x = ops.add(x, feedForward(ops, ops.rmsNorm(x, l.mlpNorm, c.eps), l.mlp, "swiglu_oai"));
    }
    return ops.rmsNorm(x, w.outputNorm, c.eps); // [m, dim]
  },

  output: (ops, x, w) => ops.linear(x, w.output), // [m, vocab]
};
