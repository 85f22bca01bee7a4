import type { Architecture } from "../architecture.ts";
import { readDecoder, readWindow } from "../hyperparameters.ts";
import { type LlamaConfig, type LlamaWeights, llama } from "./llama.ts";

/** Phi 3 and 4: Llama with halves turned and fused tensors (attn_qkv; ffn_up holds gate, then up). Abdin et al. 2024. */
export const phi3: Architecture<LlamaConfig, LlamaWeights> = {
  ...llama,
  config(input) {
    const c = readDecoder(input, "halved");
    return { ...c, attention: { ...c.attention, window: readWindow(input) } };
  },
};
