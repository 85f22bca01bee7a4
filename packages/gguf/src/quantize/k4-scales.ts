import { k4Minimum, k4Scale } from "../dequantize/q4-k.ts";
import { f16ToF32, f32ToF16 } from "../half.ts";
import { nearestInt } from "./extremes.ts";
import { type AffineSearch, affineScale } from "./scale-search.ts";

const f = Math.fround;

/** What encoding the scales and quants of one block after another needs besides its input. */
export interface K4Scratch {
  /** The quants of a block, 0 to nmax. */
  readonly quants: Uint8Array;
  readonly trial: Uint8Array;
  readonly weights: Float32Array;
  readonly scales: Float32Array;
  readonly minimums: Float32Array;
}

export function k4Scratch(): K4Scratch {
  return {
    quants: new Uint8Array(256),
    trial: new Uint8Array(32),
    weights: new Float32Array(32),
    scales: new Float32Array(8),
    minimums: new Float32Array(8),
  };
}

/**
 * Finds the scales, minimums and quants of 256 elements in groups of 32. Writes f16 d, f16 dmin and the 12 bytes of
 * 6-bit scales and minimums to `dst` and leaves the quants in `scratch.quants`.
 * Source: the part that quantize_row_q4_K_ref and quantize_row_q5_K_ref of ggml-quants.c share.
 */
export function encodeK4Scales(
  src: Float32Array,
  s: number,
  dst: Uint8Array,
  o: number,
  search: AffineSearch,
  scratch: K4Scratch,
): void {
  const { quants, trial, weights, scales, minimums } = scratch;
  let maxScale = 0;
  let maxMinimum = 0;
  for (let j = 0; j < 8; j++) {
    const at = s + 32 * j;
    let squares = 0;
    for (let i = 0; i < 32; i++) squares = f(squares + f(src[at + i]! * src[at + i]!));
    const typical = f(Math.sqrt(f(squares / 32)));
    for (let i = 0; i < 32; i++) weights[i] = typical + Math.abs(src[at + i]!);
    const scale = affineScale(src, at, 32, weights, search, quants, 32 * j, minimums, j, trial);
    scales[j] = scale;
    maxScale = Math.max(maxScale, scale);
    maxMinimum = Math.max(maxMinimum, minimums[j]!);
  }
  const inverseScale = maxScale > 0 ? f(63 / maxScale) : 0;
  const inverseMinimum = maxMinimum > 0 ? f(63 / maxMinimum) : 0;
  const half = f32ToF16(f(maxScale / 63));
  const halfMinimum = f32ToF16(f(maxMinimum / 63));
  dst[o] = half;
  dst[o + 1] = half >> 8;
  dst[o + 2] = halfMinimum;
  dst[o + 3] = halfMinimum >> 8;
  for (let j = 0; j < 8; j++) {
    const scale = Math.min(63, nearestInt(f(inverseScale * scales[j]!)) & 255);
    const minimum = Math.min(63, nearestInt(f(inverseMinimum * minimums[j]!)) & 255);
    if (j < 4) {
      dst[o + 4 + j] = scale;
      dst[o + 8 + j] = minimum;
    } else {
      dst[o + 8 + j] = (scale & 15) | ((minimum & 15) << 4);
      dst[o + j]! |= (scale >> 4) << 6;
      dst[o + 4 + j]! |= (minimum >> 4) << 6;
    }
  }
  const d = f16ToF32(half);
  const dmin = f16ToF32(halfMinimum);
  for (let j = 0; j < 8; j++) {
    const step = d * k4Scale(dst, o + 4, j);
    if (step === 0) continue;
    const offset = dmin * k4Minimum(dst, o + 4, j);
    for (let i = 0; i < 32; i++) {
      const q = nearestInt(f(f(src[s + 32 * j + i]! + offset) / step));
      quants[32 * j + i] = Math.max(0, Math.min(search.nmax, q));
    }
  }
}
