import { count, getCount, type HfConfig } from "./config.ts";
import { attentionOutputs, decoderEnds, preNorms } from "./decoder.ts";
import { llama, permutedQueriesAndKeys } from "./llama.ts";
import { experts, type HfModel, plain } from "./model.ts";

const expertCount = (config: HfConfig): number => getCount(config, "num_local_experts");

/** Mixtral: Llama with experts, under Llama's name in GGUF. */
export const mixtral: HfModel = {
  ...llama,
  modelTypes: ["mixtral"],
  parameters: {
    ...llama.parameters,
    expert_count: count("num_local_experts"),
    expert_used_count: count("num_experts_per_tok"),
  },
  tensors: {
    ...decoderEnds,
    ...preNorms,
    ...permutedQueriesAndKeys,
    ...attentionOutputs,
    "blk.{layer}.ffn_gate_inp.weight": plain("layers.{layer}.block_sparse_moe.gate.weight"),
    "blk.{layer}.ffn_gate_exps.weight": experts(
      "layers.{layer}.block_sparse_moe.experts.{expert}.w1.weight",
      expertCount,
    ),
    "blk.{layer}.ffn_up_exps.weight": experts(
      "layers.{layer}.block_sparse_moe.experts.{expert}.w3.weight",
      expertCount,
    ),
    "blk.{layer}.ffn_down_exps.weight": experts(
      "layers.{layer}.block_sparse_moe.experts.{expert}.w2.weight",
      expertCount,
    ),
  },
};
