import { f16ToF32, f32ToF16 } from "../half.ts";
import type { BlockEncoder } from "./block-encoder.ts";
import { largestMagnitude, nearestInt } from "./extremes.ts";
import { signedScale, ZERO_GROUP } from "./scale-search.ts";

const f = Math.fround;

/** Source: quantize_row_q6_K_ref of ggml-quants.c. */
export const quantizeQ6_K: BlockEncoder = (src, dst, blocks) => {
  const quants = new Uint8Array(256);
  const scales = new Float32Array(16);
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 256, o += 210) {
    for (let j = 0; j < 16; j++) scales[j] = signedScale(src, s + 16 * j, 16, 32, quants, 16 * j);
    const maxScale = largestMagnitude(scales, 0, 16);
    if (Math.abs(maxScale) < ZERO_GROUP) {
      dst.fill(0, o, o + 210);
      continue;
    }
    const inverse = f(-128 / maxScale);
    const half = f32ToF16(f(1 / inverse));
    const d = f16ToF32(half);
    for (let j = 0; j < 16; j++) {
      const scale = Math.min(127, nearestInt(f(inverse * scales[j]!)));
      dst[o + 192 + j] = scale;
      const step = d * scale;
      if (step === 0) continue;
      for (let i = 0; i < 16; i++) {
        const q = nearestInt(f(src[s + 16 * j + i]! / step));
        quants[16 * j + i] = Math.max(-32, Math.min(31, q)) + 32;
      }
    }
    for (let l = 0; l < 64; l++) {
      const at = 128 * (l >> 5) + (l & 31);
      const [a, b32, c, e] = [quants[at]!, quants[at + 32]!, quants[at + 64]!, quants[at + 96]!];
      const low = o + 64 * (l >> 5) + (l & 31);
      dst[low] = (a & 15) | ((c & 15) << 4);
      dst[low + 32] = (b32 & 15) | ((e & 15) << 4);
      dst[o + 128 + l] = (a >> 4) | ((b32 >> 4) << 2) | ((c >> 4) << 4) | ((e >> 4) << 6);
    }
    dst[o + 208] = half;
    dst[o + 209] = half >> 8;
  }
};
