import type { Weight } from "@realizar/tensor";
import type { Architecture } from "../architecture.ts";
import { feedForward } from "../blocks/feed-forward.ts";
import {
  type DecoderConfig,
  type LayerAttention,
  readDecoder,
  readLayerAttentions,
} from "../hyperparameters.ts";
import { type Gemma2Weights, gemma2 } from "./gemma2.ts";

export interface Gemma3Config extends DecoderConfig {
  /** Five layers slide a window on a base of their own, the sixth sees all. */
  readonly perLayer: readonly LayerAttention[];
  /** 0 for none. */
  readonly outputCap: number;
}

export interface Gemma3Weights extends Gemma2Weights {
  readonly headNorms: readonly {
    /** [headDim]. */
    readonly q: Weight;
    readonly k: Weight;
  }[];
}

/** Depth of Gemma 3 27B, whose scores are scaled by the width a head would have: no key of the file says so. */
const LAYERS_27B = 62;

/** Gemma 3: Gemma 2 with norms on the heads instead of caps, and two rotary bases. Gemma Team 2025. */
export const gemma3: Architecture<Gemma3Config, Gemma3Weights> = {
  config(input) {
    const c = readDecoder(input, "halved");
    const { keys } = input;
    const scaled = c.layers === LAYERS_27B ? c.dim / c.heads : c.headDim;
    const attention = { ...c.attention, scale: keys.positive("attention.scale", 1 / Math.sqrt(scaled)) };
    return {
      ...c,
      perLayer: readLayerAttentions(input, { ...c, attention }, { period: 6, base: 10000, scaled: false }),
      outputCap: keys.real("final_logit_softcapping", 0),
    };
  },

  weights: (t, c) => {
    const w = gemma2.weights(t, c);
    return {
      ...w,
      headNorms: w.layers.map((_, i) => ({
        q: t.vector(`blk.${i}.attn_q_norm.weight`, [c.headDim]),
        k: t.vector(`blk.${i}.attn_k_norm.weight`, [c.headDim]),
      })),
    };
  },

  forward(ops, w, c) {
    let x = ops.scale(ops.embed(w.embedding), Math.sqrt(c.dim)); // [n, dim]
    for (const [i, l] of w.layers.entries()) {
      const { attention, rope } = c.perLayer[i]!;
      const h = ops.rmsNorm(x, l.attentionNorm, c.eps); // [n, dim]
      const q = ops.rmsNorm(ops.linear(h, l.q), w.headNorms[i]!.q, c.eps, c.headDim); // [n, heads * headDim]
      const k = ops.rmsNorm(ops.linear(h, l.k), w.headNorms[i]!.k, c.eps, c.headDim); // [n, kvHeads * headDim]
      const v = ops.linear(h, l.v);
      let a = ops.attention(ops.rope(q, rope), ops.rope(k, rope), v, i, attention); // [n, heads * headDim]
      if (i === c.layers - 1) [x, a] = [ops.outputRows(x), ops.outputRows(a)]; // the rest only for rows that are wanted
      x = ops.add(x, ops.rmsNorm(ops.linear(a, l.o), l.postAttentionNorm, c.eps));
      const m = feedForward(ops, ops.rmsNorm(x, l.mlpNorm, c.eps), l.mlp, "gelu");
      x = ops.add(x, ops.rmsNorm(m, l.postMlpNorm, c.eps));
    }
    return ops.rmsNorm(x, w.outputNorm, c.eps); // [m, dim]
  },

  output(ops, x, w, c) {
    const logits = ops.linear(x, w.output); // [m, vocab]
    return c.outputCap > 0 ? ops.softcap(logits, c.outputCap) : logits;
  },
};
