import {
  attentionOutputs,
  decoderEnds,
  decoderIgnored,
  decoderParameters,
  decoderPrefixes,
  gatedFeedForward,
  headNorms,
  queriesAndKeys,
} from "./decoder.ts";
import { type HfModel, plain } from "./model.ts";

/** OLMo 2: norms behind attention and feed-forward network, none before. */
export const olmo2: HfModel = {
  modelTypes: ["olmo2"],
  architecture: "olmo2",
  prefixes: decoderPrefixes,
  parameters: decoderParameters,
  tensors: {
    ...decoderEnds,
    ...queriesAndKeys,
    ...headNorms,
    ...attentionOutputs,
    "blk.{layer}.post_attention_norm.weight": plain("layers.{layer}.post_attention_layernorm.weight"),
    ...gatedFeedForward,
    "blk.{layer}.post_ffw_norm.weight": plain("layers.{layer}.post_feedforward_layernorm.weight"),
  },
  ignored: decoderIgnored,
};
