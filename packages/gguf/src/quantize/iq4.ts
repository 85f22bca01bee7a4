import { IQ4_LEVELS } from "../dequantize/iq4.ts";
import { f32ToF16 } from "../half.ts";
import type { BlockEncoder } from "./block-encoder.ts";
import { largestMagnitude, nearestInt, reciprocal } from "./extremes.ts";

const f = Math.fround;

/** Below this a group counts as zero: GROUP_MAX_EPS of ggml-quants.c. */
const ZERO_GROUP = f(1e-15);

/** Scales tried to either side of the first guess: quantize_iq4_nl of ggml-quants.c. */
const TRIES = 7;

/** Halfway points between neighbouring levels. */
const MIDPOINTS = Float64Array.from({ length: 15 }, (_, i) => (IQ4_LEVELS[i]! + IQ4_LEVELS[i + 1]!) / 2);

/** Index of the nearest of the 16 levels; a tie goes up. Source: best_index_int8 of ggml-quants.c. */
function nearestLevel(value: number): number {
  let index = 0;
  for (let step = 8; step > 0; step >>= 1) if (value >= MIDPOINTS[index + step - 1]!) index += step;
  return index;
}

/**
 * The scale that fits 32 elements best, weighted by their squares.
 * Source: quantize_row_iq4_nl_impl of ggml-quants.c, without an importance matrix.
 */
function bestScale(src: Float32Array, at: number): number {
  const max = largestMagnitude(src, at, 32);
  if (Math.abs(max) < ZERO_GROUP) return 0;
  let scale = 0;
  let best = Number.NEGATIVE_INFINITY;
  for (let step = -TRIES - 1; step <= TRIES; step++) {
    const inverse = step < -TRIES ? f(1 / f(-max / IQ4_LEVELS[0])) : f((step + IQ4_LEVELS[0]) / max);
    let products = 0;
    let squares = 0;
    for (let i = at; i < at + 32; i++) {
      const value = src[i]!;
      const level = IQ4_LEVELS[nearestLevel(f(inverse * value))]!;
      const weighted = f(f(value * value) * level);
      products = f(products + f(weighted * value));
      squares = f(squares + f(weighted * level));
    }
    if (step < -TRIES || (squares > 0 && f(products * products) > f(best * squares))) {
      scale = f(products / squares);
      best = f(scale * products);
    }
  }
  return scale;
}

/** Nibbles of 32 elements: low ones for the first 16. */
function putLevels(src: Float32Array, at: number, inverse: number, dst: Uint8Array, to: number): void {
  for (let i = 0; i < 16; i++) {
    const low = nearestLevel(f(inverse * src[at + i]!));
    const high = nearestLevel(f(inverse * src[at + 16 + i]!));
    dst[to + i] = low | (high << 4);
  }
}

export const quantizeIq4Nl: BlockEncoder = (src, dst, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 32, o += 18) {
    const scale = bestScale(src, s);
    const half = f32ToF16(scale);
    dst[o] = half;
    dst[o + 1] = half >> 8;
    putLevels(src, s, reciprocal(scale), dst, o + 2);
  }
};

export const quantizeIq4Xs: BlockEncoder = (src, dst, blocks) => {
  const scales = new Float32Array(8);
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 256, o += 136) {
    for (let j = 0; j < 8; j++) scales[j] = bestScale(src, s + 32 * j);
    const d = f(-largestMagnitude(scales, 0, 8) / 32);
    const inverse = reciprocal(d);
    const half = f32ToF16(d);
    dst[o] = half;
    dst[o + 1] = half >> 8;
    dst.fill(0, o + 2, o + 8);
    for (let j = 0; j < 8; j++) {
      const scale = Math.max(-32, Math.min(31, nearestInt(f(inverse * scales[j]!))));
      putLevels(src, s + 32 * j, reciprocal(f(d * scale)), dst, o + 8 + 16 * j);
      const stored = scale + 32;
      dst[o + 4 + (j >> 1)]! |= (stored & 15) << (4 * (j & 1));
      dst[o + 2 + (j >> 2)]! |= (stored >> 4) << (2 * (j & 3));
    }
  }
};
