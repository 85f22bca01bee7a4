import { integer } from "./config.ts";
import {
  attentionOutputs,
  decoderEnds,
  decoderIgnored,
  decoderParameters,
  decoderPrefixes,
  gatedFeedForward,
  headNorms,
  queriesAndKeys,
  slidingPattern,
} from "./decoder.ts";
import { type HfModel, plain } from "./model.ts";

/** OLMo 2 and 3: norms behind attention and feed-forward network, none before; OLMo 3 slides a window on most layers. */
export const olmo2: HfModel = {
  modelTypes: ["olmo2", "olmo3"],
  architecture: "olmo2",
  prefixes: decoderPrefixes,
  parameters: {
    ...decoderParameters,
    "attention.sliding_window": integer("sliding_window"),
    "attention.sliding_window_pattern": slidingPattern,
  },
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
