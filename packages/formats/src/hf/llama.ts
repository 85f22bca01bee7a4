import { integer } from "./config.ts";
import {
  attentionOutputs,
  decoderEnds,
  decoderIgnored,
  decoderParameters,
  decoderPrefixes,
  gatedFeedForward,
  keyHeads,
  preNorms,
  queryHeads,
} from "./decoder.ts";
import { llama3RopeFactors } from "./llama3-rope.ts";
import { type HfModel, optional, permuted, type Rule } from "./model.ts";

/** Queries and keys, which llama.cpp rotates by neighbours in the architectures of Llama's line. */
export const permutedQueriesAndKeys: Readonly<Record<string, Rule>> = {
  "blk.{layer}.attn_q.weight": permuted("layers.{layer}.self_attn.q_proj.weight", queryHeads),
  "blk.{layer}.attn_q.bias": optional(permuted("layers.{layer}.self_attn.q_proj.bias", queryHeads)),
  "blk.{layer}.attn_k.weight": permuted("layers.{layer}.self_attn.k_proj.weight", keyHeads),
  "blk.{layer}.attn_k.bias": optional(permuted("layers.{layer}.self_attn.k_proj.bias", keyHeads)),
};

/** Llama and Mistral, one architecture in GGUF. */
export const llama: HfModel = {
  modelTypes: ["llama", "mistral"],
  architecture: "llama",
  prefixes: decoderPrefixes,
  parameters: { ...decoderParameters, "attention.sliding_window": integer("sliding_window") },
  tensors: {
    ...decoderEnds,
    ...preNorms,
    ...permutedQueriesAndKeys,
    ...attentionOutputs,
    ...gatedFeedForward,
  },
  extras: llama3RopeFactors,
  ignored: decoderIgnored,
};
