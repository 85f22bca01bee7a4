import type { Architecture } from "../architecture.ts";
import { feedForward } from "../blocks/feed-forward.ts";
import { readDecoder } from "../hyperparameters.ts";
import { type LlamaConfig, type LlamaWeights, llama } from "./llama.ts";

/** Gemma: embeddings scaled by sqrt(dim), GELU gates. Its norm weights have the 1 added. Gemma Team 2024. */
export const gemma: Architecture<LlamaConfig, LlamaWeights> = {
  ...llama,
  config: (input) => readDecoder(input, "halved"),

  forward(ops, w, c) {
    let x = ops.scale(ops.embed(w.embedding), Math.sqrt(c.dim)); // [n, dim]
    for (const [i, l] of w.layers.entries()) {
      const h = ops.rmsNorm(x, l.attentionNorm, c.eps); // [n, dim]
      const q = ops.rope(ops.linear(h, l.q), c.rope); // [n, heads * headDim]
      const k = ops.rope(ops.linear(h, l.k), c.rope); // [n, kvHeads * headDim]
      const v = ops.linear(h, l.v);
      let a = ops.attention(q, k, v, i, c.attention); // [n, heads * headDim]
      if (i === c.layers - 1) [x, a] = [ops.outputRows(x), ops.outputRows(a)]; // the rest only for rows that are wanted
      x = ops.add(x, ops.linear(a, l.o));
      x = ops.add(x, feedForward(ops, ops.rmsNorm(x, l.mlpNorm, c.eps), l.mlp, "gelu"));
    }
    return ops.rmsNorm(x, w.outputNorm, c.eps); // [m, dim]
  },
};
