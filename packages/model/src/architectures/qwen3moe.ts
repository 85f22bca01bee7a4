import type { Architecture } from "../architecture.ts";
import { MissingHyperparameterError } from "../errors.ts";
import { readDecoder, readExperts } from "../hyperparameters.ts";
import type { LlamaConfig } from "./llama.ts";
import { type Qwen3Weights, qwen3 } from "./qwen3.ts";

/** Qwen 3 with experts: a softmax over all of them, the chosen ones' weights made to sum to 1. Yang et al. 2025. */
export const qwen3moe: Architecture<LlamaConfig, Qwen3Weights> = {
  ...qwen3,
  config(input) {
    const c = readDecoder(input, "halved");
    const experts = readExperts(input, c.ffn, "softmax-normalized");
    if (!experts) throw new MissingHyperparameterError(input.keys.key("expert_count"));
    return { ...c, experts };
  },
};
