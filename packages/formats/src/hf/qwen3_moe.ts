import { count, getCount, type HfConfig, unsupported } from "./config.ts";
import { attentionOutputs, decoderEnds, headNorms, preNorms, queriesAndKeys } from "./decoder.ts";
import { either, expertHalf, experts, type HfModel, plain } from "./model.ts";
import { refuseSlidingWindow } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";

const expertCount = (config: HfConfig): number => getCount(config, "num_experts", "num_local_experts");

/** llama.cpp's qwen3moe divides the chosen experts' weights by their sum. */
function refuseUnnormed(config: HfConfig): void {
  refuseSlidingWindow(config);
  if (config.json.norm_topk_prob === false) {
    unsupported(config, "norm_topk_prob", "to false, which this architecture cannot express");
  }
}

/** Qwen 3 with experts. */
export const qwen3Moe: HfModel = {
  ...qwen3,
  modelTypes: ["qwen3_moe"],
  architecture: "qwen3moe",
  parameters: {
    ...qwen3.parameters,
    expert_count: count("num_experts", "num_local_experts"),
    expert_used_count: count("num_experts_per_tok"),
    expert_feed_forward_length: count("moe_intermediate_size"),
  },
  check: refuseUnnormed,
  tensors: {
    ...decoderEnds,
    ...preNorms,
    ...queriesAndKeys,
    ...headNorms,
    ...attentionOutputs,
    "blk.{layer}.ffn_gate_inp.weight": plain("layers.{layer}.mlp.gate.weight"),
    "blk.{layer}.ffn_gate_exps.weight": either(
      experts("layers.{layer}.mlp.experts.{expert}.gate_proj.weight", expertCount),
      expertHalf("layers.{layer}.mlp.experts.gate_up_proj", 0),
    ),
    "blk.{layer}.ffn_up_exps.weight": either(
      experts("layers.{layer}.mlp.experts.{expert}.up_proj.weight", expertCount),
      expertHalf("layers.{layer}.mlp.experts.gate_up_proj", 1),
    ),
    "blk.{layer}.ffn_down_exps.weight": either(
      experts("layers.{layer}.mlp.experts.{expert}.down_proj.weight", expertCount),
      plain("layers.{layer}.mlp.experts.down_proj"),
    ),
  },
};
