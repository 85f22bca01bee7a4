import { findNumber, findRopeNumber, float, float32, integer, slidingRopeBase } from "./config.ts";
import { slidingPattern } from "./decoder.ts";
import { gemma, queryScale } from "./gemma.ts";
import { gemma2 } from "./gemma2.ts";
import { type HfModel, plusOne } from "./model.ts";

/** Every how many layers one sees all. */
const slidingPeriod = integer(["sliding_window_pattern", "_sliding_window_pattern"]);

/** Gemma 3, alone or as the text half of a model of text and images. Defaults are those of transformers' Gemma3TextConfig. */
export const gemma3: HfModel = {
  ...gemma2,
  modelTypes: ["gemma3_text", "gemma3"],
  architecture: "gemma3",
  parameters: {
    ...gemma.parameters,
    vocab_size: integer("vocab_size", 262_208),
    context_length: integer("max_position_embeddings", 131_072),
    "attention.head_count": integer("num_attention_heads", 8),
    "attention.head_count_kv": integer("num_key_value_heads", 4),
    "attention.sliding_window": integer("sliding_window", 4096),
    "attention.sliding_window_pattern": (config) => slidingPeriod(config) ?? slidingPattern(config),
    "attention.scale": queryScale,
    final_logit_softcapping: float("final_logit_softcapping"),
    "rope.freq_base": (config) =>
      float32(findNumber(config, "rope_theta") ?? findRopeNumber(config, "rope_theta") ?? 1_000_000),
    "rope.freq_base_swa": (config) => float32(slidingRopeBase(config) ?? 10_000),
  },
  tensors: {
    ...gemma2.tensors,
    "blk.{layer}.attn_q_norm.weight": plusOne("layers.{layer}.self_attn.q_norm.weight"),
    "blk.{layer}.attn_k_norm.weight": plusOne("layers.{layer}.self_attn.k_norm.weight"),
  },
};
