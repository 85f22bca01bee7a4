import { float, integer } from "./config.ts";
import { gemma, queryScale } from "./gemma.ts";
import { type HfModel, plusOne } from "./model.ts";

/** Gemma 2. Defaults are those of transformers' Gemma2Config. */
export const gemma2: HfModel = {
  ...gemma,
  modelTypes: ["gemma2"],
  architecture: "gemma2",
  parameters: {
    ...gemma.parameters,
    "attention.sliding_window": integer("sliding_window", 4096),
    "attention.scale": queryScale,
    attn_logit_softcapping: float("attn_logit_softcapping", 50),
    final_logit_softcapping: float("final_logit_softcapping", 30),
  },
  tensors: {
    ...gemma.tensors,
    "blk.{layer}.post_attention_norm.weight": plusOne("layers.{layer}.post_attention_layernorm.weight"),
    "blk.{layer}.ffn_norm.weight": plusOne("layers.{layer}.pre_feedforward_layernorm.weight"),
    "blk.{layer}.post_ffw_norm.weight": plusOne("layers.{layer}.post_feedforward_layernorm.weight"),
  },
};
