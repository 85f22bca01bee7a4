import type { Tensor } from "@realizar/tensor";
import type { Architecture } from "../architecture.ts";
import { feedForward } from "../blocks/feed-forward.ts";
import { type DecoderConfig, readDecoder } from "../hyperparameters.ts";
import { type LlamaWeights, llama } from "./llama.ts";

/** Every n-th layer has no positions: SMOLLM3 of llama.cpp's load_hparams. */
const NO_ROPE_PERIOD = 4;

/** SmolLM 3: Llama with no rotary embedding on every fourth layer. Bakouch et al. 2025; Yang et al. 2025, "RNoPE". */
export const smollm3: Architecture<DecoderConfig, LlamaWeights> = {
  ...llama,
  config: (input) => readDecoder(input, "interleaved"),

  forward(ops, w, c) {
    let x = ops.embed(w.embedding); // [n, dim]
    for (const [i, l] of w.layers.entries()) {
      const turn = (y: Tensor) => ((i + 1) % NO_ROPE_PERIOD === 0 ? y : ops.rope(y, c.rope));
      const h = ops.rmsNorm(x, l.attentionNorm, c.eps); // [n, dim]
      const q = turn(ops.linear(h, l.q, l.qBias)); // [n, heads * headDim]
      const k = turn(ops.linear(h, l.k, l.kBias)); // [n, kvHeads * headDim]
      const v = ops.linear(h, l.v, l.vBias);
      let a = ops.attention(q, k, v, i, c.attention); // [n, heads * headDim]
      if (i === c.layers - 1) [x, a] = [ops.outputRows(x), ops.outputRows(a)]; // the rest only for rows that are wanted
      x = ops.add(x, ops.linear(a, l.o, l.oBias));
      x = ops.add(x, feedForward(ops, ops.rmsNorm(x, l.mlpNorm, c.eps), l.mlp, "silu"));
    }
    return ops.rmsNorm(x, w.outputNorm, c.eps); // [m, dim]
  },
};
