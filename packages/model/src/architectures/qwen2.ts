import type { Architecture } from "../architecture.ts";
import { readDecoder } from "../hyperparameters.ts";
import { type LlamaConfig, type LlamaWeights, llama } from "./llama.ts";

/** Qwen 2 and 2.5: Llama with halves turned instead of neighbours, and biases on q, k and v. Yang et al. 2024. */
export const qwen2: Architecture<LlamaConfig, LlamaWeights> = {
  ...llama,
  config: (input) => readDecoder(input, "halved"),
};
