import { count, integer } from "./config.ts";
import {
  attentionOutputs,
  decoderEnds,
  decoderIgnored,
  decoderParameters,
  decoderPrefixes,
  queriesAndKeys,
} from "./decoder.ts";
import { everyOther } from "./layouts.ts";
import { either, expertMxfp4, expertTransposed, expertTurns, type HfModel, plain } from "./model.ts";

const fused = "layers.{layer}.mlp.experts.gate_up_proj";
const down = "layers.{layer}.mlp.experts.down_proj";

/** gpt-oss: experts in MXFP4 (or 16-bit, input by output), gate and up in turns. */
export const gptOss: HfModel = {
  modelTypes: ["gpt_oss"],
  architecture: "gpt-oss",
  prefixes: decoderPrefixes,
  parameters: {
    ...decoderParameters,
    "attention.sliding_window": integer("sliding_window", 128),
    expert_count: count("num_local_experts", "num_experts"),
    expert_used_count: count("num_experts_per_tok", "experts_per_token"),
    expert_feed_forward_length: count("intermediate_size"),
  },
  tensors: {
    ...decoderEnds,
    "blk.{layer}.attn_norm.weight": plain("layers.{layer}.input_layernorm.weight"),
    "blk.{layer}.post_attention_norm.weight": plain("layers.{layer}.post_attention_layernorm.weight"),
    ...queriesAndKeys,
    ...attentionOutputs,
    "blk.{layer}.attn_sinks.weight": plain("layers.{layer}.self_attn.sinks"),
    "blk.{layer}.ffn_gate_inp.weight": plain("layers.{layer}.mlp.router.weight"),
    "blk.{layer}.ffn_gate_inp.bias": plain("layers.{layer}.mlp.router.bias"),
    "blk.{layer}.ffn_gate_exps.weight": either(
      expertMxfp4(fused, (raw) => everyOther(raw, 0)),
      expertTransposed(fused, (raw) => everyOther(raw, 0)),
    ),
    "blk.{layer}.ffn_gate_exps.bias": expertTurns(`${fused}_bias`, 0),
    "blk.{layer}.ffn_up_exps.weight": either(
      expertMxfp4(fused, (raw) => everyOther(raw, 1)),
      expertTransposed(fused, (raw) => everyOther(raw, 1)),
    ),
    "blk.{layer}.ffn_up_exps.bias": expertTurns(`${fused}_bias`, 1),
    "blk.{layer}.ffn_down_exps.weight": either(expertMxfp4(down), expertTransposed(down)),
    "blk.{layer}.ffn_down_exps.bias": plain(`${down}_bias`),
  },
  ignored: decoderIgnored,
  quantizations: ["mxfp4"],
};
