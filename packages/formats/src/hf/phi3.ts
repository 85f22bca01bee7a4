import {
  findInteger,
  findNumber,
  findRopeInteger,
  findRopeNumber,
  findRopeNumbers,
  float32,
  getCount,
  type HfConfig,
  integer,
  type Parameter,
  ropeType,
  sharedHeadDimension,
  uint32,
  unsupported,
} from "./config.ts";
import { decoderEnds, decoderIgnored, decoderParameters, decoderPrefixes, preNorms } from "./decoder.ts";
import { computed } from "./layouts.ts";
import { type HfModel, plain } from "./model.ts";
import type { RawTensor } from "./raw-tensor.ts";

const contextLength = (config: HfConfig): number => getCount(config, "max_position_embeddings");

const originalContextLength = (config: HfConfig): number =>
  findInteger(config, "original_max_position_embeddings") ??
  findRopeInteger(config, "original_max_position_embeddings") ??
  contextLength(config);

/** Dimensions of a head that rotate. */
const ropeDimensions = (config: HfConfig): number => {
  const share =
    findNumber(config, "partial_rotary_factor") ?? findRopeNumber(config, "partial_rotary_factor") ?? 1;
  return Math.floor(share * sharedHeadDimension(config));
};

/** What longrope multiplies cosines and sines by. Source: `generate_extra_tensors` of llama.cpp's conversion/phi.py. */
const attentionFactor: Parameter = (config) => {
  if (!findRopeNumbers(config, "long_factor")) return undefined;
  const original = originalContextLength(config);
  const scale = contextLength(config) / original;
  if (scale <= 1) return float32(1);
  if (ropeType(config) === "yarn") return float32(0.1 * Math.log(scale) + 1);
  return float32(Math.sqrt(1 + Math.log(scale) / Math.log(original)));
};

/** rope_factors_long.weight and rope_factors_short.weight, each [ropeDimensions / 2]. */
function longRopeFactors(config: HfConfig): readonly RawTensor[] {
  const long = findRopeNumbers(config, "long_factor");
  const short = findRopeNumbers(config, "short_factor");
  if (!long && !short) return [];
  const length = ropeDimensions(config) / 2;
  if (long?.length !== length || short?.length !== length) {
    unsupported(config, "rope_scaling", `whose long_factor and short_factor are not ${length} numbers each`);
  }
  return [computed("rope_factors_long.weight", long), computed("rope_factors_short.weight", short)];
}

/** Phi 3 and 4: queries, keys and values in one matrix, gate and up in one. */
export const phi3: HfModel = {
  modelTypes: ["phi3"],
  architecture: "phi3",
  prefixes: decoderPrefixes,
  parameters: {
    ...decoderParameters,
    "rope.dimension_count": (config) => uint32(ropeDimensions(config)),
    "rope.scaling.original_context_length": (config) => uint32(originalContextLength(config)),
    "rope.scaling.attn_factor": attentionFactor,
    "attention.sliding_window": integer("sliding_window", 0),
  },
  tensors: {
    ...decoderEnds,
    ...preNorms,
    "blk.{layer}.attn_qkv.weight": plain("layers.{layer}.self_attn.qkv_proj.weight"),
    "blk.{layer}.attn_output.weight": plain("layers.{layer}.self_attn.o_proj.weight"),
    "blk.{layer}.ffn_up.weight": plain("layers.{layer}.mlp.gate_up_proj.weight"),
    "blk.{layer}.ffn_down.weight": plain("layers.{layer}.mlp.down_proj.weight"),
  },
  extras: longRopeFactors,
  ignored: decoderIgnored,
};
