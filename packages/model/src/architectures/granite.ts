import type { Tensor } from "@realizar/tensor";
import type { Architecture } from "../architecture.ts";
import { feedForward } from "../blocks/feed-forward.ts";
import { type DecoderConfig, readDecoder } from "../hyperparameters.ts";
import { type LlamaWeights, llama } from "./llama.ts";

export interface GraniteConfig extends DecoderConfig {
  /** Factors on the embeddings and on what each block adds. */
  readonly embeddingScale: number;
  readonly residualScale: number;
  /** Logits are divided by it. */
  readonly logitScale: number;
  /** Whether positions turn q and k at all. */
  readonly turns: boolean;
}

/** Granite 3: Llama with multipliers. Shen et al. 2024, "Power scheduler"; transformers' modeling_granite.py. */
export const granite: Architecture<GraniteConfig, LlamaWeights> = {
  ...llama,
  config(input) {
    const c = readDecoder(input, "interleaved");
    const { keys } = input;
    return {
      ...c,
      attention: { ...c.attention, scale: keys.positive("attention.scale", c.attention.scale) },
      embeddingScale: keys.positive("embedding_scale", 1),
      residualScale: keys.positive("residual_scale", 1),
      logitScale: keys.positive("logit_scale", 1),
      turns: keys.flag("rope.scaling.finetuned", true),
    };
  },

  forward(ops, w, c) {
    const turn = (y: Tensor) => (c.turns ? ops.rope(y, c.rope) : y);
    let x = ops.scale(ops.embed(w.embedding), c.embeddingScale); // [n, dim]
    for (const [i, l] of w.layers.entries()) {
      const h = ops.rmsNorm(x, l.attentionNorm, c.eps); // [n, dim]
      const q = turn(ops.linear(h, l.q, l.qBias)); // [n, heads * headDim]
      const k = turn(ops.linear(h, l.k, l.kBias)); // [n, kvHeads * headDim]
      const v = ops.linear(h, l.v, l.vBias);
      let a = ops.attention(q, k, v, i, c.attention); // [n, heads * headDim]
      if (i === c.layers - 1) [x, a] = [ops.outputRows(x), ops.outputRows(a)]; // the rest only for rows that are wanted
      x = ops.add(x, ops.scale(ops.linear(a, l.o, l.oBias), c.residualScale));
      const m = feedForward(ops, ops.rmsNorm(x, l.mlpNorm, c.eps), l.mlp, "silu");
      x = ops.add(x, ops.scale(m, c.residualScale));
    }
    return ops.rmsNorm(x, w.outputNorm, c.eps); // [m, dim]
  },

  output: (ops, x, w, c) => ops.scale(ops.linear(x, w.output), 1 / c.logitScale), // [m, vocab]
};
