import { findInteger, float32, type HfConfig, integer, type Parameter, uint32 } from "./config.ts";
import {
  attentionOutputs,
  decoderIgnored,
  decoderParameters,
  decoderPrefixes,
  gatedFeedForward,
  queriesAndKeys,
} from "./decoder.ts";
import { type HfModel, plain, plusOne } from "./model.ts";

/** Rows a head has where config.json does not say: 256 in every Gemma up to the third. */
export const gemmaHeadDimension = (config: HfConfig): number => findInteger(config, "head_dim") ?? 256;

/** Head sizes of all Gemmas. */
export const gemmaHeads: Readonly<Record<string, Parameter>> = {
  "attention.key_length": integer("head_dim", 256),
  "attention.value_length": integer("head_dim", 256),
  "rope.dimension_count": (config) => uint32(gemmaHeadDimension(config)),
};

/** What scores are multiplied by, where it is not one over the root of the head size: query_pre_attn_scalar. */
export const queryScale: Parameter = (config) => {
  const scalar = findInteger(config, "query_pre_attn_scalar");
  return scalar === undefined || scalar === gemmaHeadDimension(config) ? undefined : float32(scalar ** -0.5);
};

/** Gemma. The output matrix is the embeddings', whatever the checkpoint carries. */
export const gemma: HfModel = {
  modelTypes: ["gemma"],
  architecture: "gemma",
  prefixes: decoderPrefixes,
  parameters: { ...decoderParameters, ...gemmaHeads },
  tensors: {
    "token_embd.weight": plain("embed_tokens.weight"),
    "output_norm.weight": plusOne("norm.weight"),
    "blk.{layer}.attn_norm.weight": plusOne("layers.{layer}.input_layernorm.weight"),
    "blk.{layer}.ffn_norm.weight": plusOne("layers.{layer}.post_attention_layernorm.weight"),
    ...queriesAndKeys,
    ...attentionOutputs,
    ...gatedFeedForward,
  },
  ignored: new RegExp(`${decoderIgnored.source}|^lm_head\\.weight$`),
};
