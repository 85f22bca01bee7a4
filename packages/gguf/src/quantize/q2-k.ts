import { f16ToF32, f32ToF16 } from "../half.ts";
import type { BlockEncoder } from "./block-encoder.ts";
import { nearestInt } from "./extremes.ts";
import { type AffineSearch, affineScale } from "./scale-search.ts";

const f = Math.fround;

const SEARCH: AffineSearch = { nmax: 3, first: f(-0.5), step: f(0.1), steps: 15, absolute: true };

/** Source: quantize_row_q2_K_ref of ggml-quants.c. */
export const quantizeQ2_K: BlockEncoder = (src, dst, blocks) => {
  const quants = new Uint8Array(256);
  const trial = new Uint8Array(16);
  const weights = new Float32Array(16);
  const scales = new Float32Array(16);
  const minimums = new Float32Array(16);
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 256, o += 84) {
    let maxScale = 0;
    let maxMinimum = 0;
    for (let j = 0; j < 16; j++) {
      const at = s + 16 * j;
      for (let i = 0; i < 16; i++) weights[i] = Math.abs(src[at + i]!);
      const scale = affineScale(src, at, 16, weights, SEARCH, quants, 16 * j, minimums, j, trial);
      scales[j] = scale;
      maxScale = Math.max(maxScale, scale);
      maxMinimum = Math.max(maxMinimum, minimums[j]!);
    }
    const inverseScale = maxScale > 0 ? f(15 / maxScale) : 0;
    const inverseMinimum = maxMinimum > 0 ? f(15 / maxMinimum) : 0;
    const half = f32ToF16(f(maxScale / 15));
    const halfMinimum = f32ToF16(f(maxMinimum / 15));
    const d = f16ToF32(half);
    const dmin = f16ToF32(halfMinimum);
    for (let j = 0; j < 16; j++) {
      const scale = nearestInt(f(inverseScale * scales[j]!)) & 15;
      const minimum = nearestInt(f(inverseMinimum * minimums[j]!)) & 15;
      dst[o + j] = scale | (minimum << 4);
      const step = d * scale;
      if (step === 0) continue;
      const offset = dmin * minimum;
      for (let i = 0; i < 16; i++) {
        const q = nearestInt(f(f(src[s + 16 * j + i]! + offset) / step));
        quants[16 * j + i] = Math.max(0, Math.min(3, q));
      }
    }
    for (let l = 0; l < 64; l++) {
      const at = 128 * (l >> 5) + (l & 31);
      dst[o + 16 + l] =
        quants[at]! | (quants[at + 32]! << 2) | (quants[at + 64]! << 4) | (quants[at + 96]! << 6);
    }
    dst[o + 80] = half;
    dst[o + 81] = half >> 8;
    dst[o + 82] = halfMinimum;
    dst[o + 83] = halfMinimum >> 8;
  }
};
