import {
  findInteger,
  findNumber,
  findRopeInteger,
  findRopeNumber,
  type HfConfig,
  headDimension,
  ropeType,
  unsupported,
} from "./config.ts";
import { computed } from "./layouts.ts";
import type { RawTensor } from "./raw-tensor.ts";

/** More rows than a head of any model has: a bound on what a damaged config.json can ask for. */
const MAX_HEAD_DIMENSION = 65_536;

/**
 * rope_freqs.weight [headDim / 2]: what Llama 3's scaling divides each frequency by.
 * In float32 throughout, as torch computes it. Source: `generate_extra_tensors` of llama.cpp's conversion/llama.py.
 */
export function llama3RopeFactors(config: HfConfig): readonly RawTensor[] {
  if (ropeType(config) !== "llama3") return [];
  const f = Math.fround;
  const base = findNumber(config, "rope_theta") ?? findRopeNumber(config, "rope_theta") ?? 10_000;
  const factor = findRopeNumber(config, "factor") ?? 8;
  const lowFactor = findRopeNumber(config, "low_freq_factor") ?? 1;
  const highFactor = findRopeNumber(config, "high_freq_factor") ?? 4;
  const context =
    findRopeInteger(config, "original_max_position_embeddings") ??
    findInteger(config, "original_max_position_embeddings") ??
    8192;
  const dimension = headDimension(config);
  if (dimension > MAX_HEAD_DIMENSION) {
    unsupported(config, "head_dim", `to ${dimension}, beyond the ${MAX_HEAD_DIMENSION} any head has`);
  }
  const factors = Array.from({ length: dimension / 2 }, (_, pair) => {
    const frequency = f(1 / f(base ** f((2 * pair) / dimension)));
    const wavelength = f(f(2 * Math.PI) / frequency);
    if (wavelength < context / highFactor) return 1;
    if (wavelength > context / lowFactor) return factor;
    const smooth = f(f(f(context / wavelength) - lowFactor) / (highFactor - lowFactor));
    return f(1 / f(f(f(1 - smooth) / factor) + smooth));
  });
  return [computed("rope_freqs.weight", factors)];
}
