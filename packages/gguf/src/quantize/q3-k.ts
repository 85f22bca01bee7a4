import { q3KScale } from "../dequantize/q3-k.ts";
import { f16ToF32, f32ToF16 } from "../half.ts";
import type { BlockEncoder } from "./block-encoder.ts";
import { largestMagnitude, nearestInt } from "./extremes.ts";
import { descendedScale } from "./scale-search.ts";

const f = Math.fround;

/** Source: quantize_row_q3_K_ref of ggml-quants.c. */
export const quantizeQ3_K: BlockEncoder = (src, dst, blocks) => {
  const quants = new Uint8Array(256);
  const scales = new Float32Array(16);
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 256, o += 110) {
    for (let j = 0; j < 16; j++) scales[j] = descendedScale(src, s + 16 * j, 16, 4, quants, 16 * j);
    const maxScale = largestMagnitude(scales, 0, 16);
    const inverse = maxScale !== 0 ? f(-32 / maxScale) : 0;
    const half = maxScale !== 0 ? f32ToF16(f(1 / inverse)) : 0;
    const d = f16ToF32(half);
    dst.fill(0, o, o + 110);
    for (let j = 0; j < 16; j++) {
      const stored =
        maxScale === 0 ? 0 : Math.max(-32, Math.min(31, nearestInt(f(inverse * scales[j]!)))) + 32;
      dst[o + 96 + (j & 7)]! |= (stored & 15) << (4 * (j >> 3));
      dst[o + 104 + (j & 3)]! |= (stored >> 4) << (2 * (j >> 2));
    }
    for (let j = 0; j < 16; j++) {
      const step = d * (q3KScale(dst, o + 96, j) - 32);
      if (step === 0) continue;
      for (let i = 0; i < 16; i++) {
        const q = nearestInt(f(src[s + 16 * j + i]! / step));
        quants[16 * j + i] = Math.max(-4, Math.min(3, q)) + 4;
      }
    }
    for (let i = 0; i < 256; i++) {
      const q = quants[i]!;
      dst[o + (i & 31)]! |= (q >> 2) << (i >> 5);
      dst[o + 32 + 32 * (i >> 7) + (i & 31)]! |= (q & 3) << (2 * ((i >> 5) & 3));
    }
    dst[o + 108] = half;
    dst[o + 109] = half >> 8;
  }
};
