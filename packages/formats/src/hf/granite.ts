import { float, sharedHeadDimension, uint32 } from "./config.ts";
import { llama } from "./llama.ts";
import type { HfModel } from "./model.ts";

/** Granite: Llama with four multipliers, and head_dim without a meaning. */
export const granite: HfModel = {
  ...llama,
  modelTypes: ["granite"],
  architecture: "granite",
  parameters: {
    ...llama.parameters,
    "attention.key_length": () => undefined,
    "attention.value_length": () => undefined,
    "rope.dimension_count": (config) => uint32(sharedHeadDimension(config)),
    "attention.scale": float("attention_multiplier"),
    embedding_scale: float("embedding_multiplier"),
    residual_scale: float("residual_multiplier"),
    logit_scale: float("logits_scaling"),
  },
};
