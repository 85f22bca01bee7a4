import { f32ToF16 } from "../half.ts";
import type { BlockEncoder } from "./block-encoder.ts";
import { largestMagnitude, reciprocal } from "./extremes.ts";

const f = Math.fround;

/** Source: quantize_row_q8_0_ref of ggml-quants.c. Halves round away from zero, as roundf does. */
export const quantizeQ8_0: BlockEncoder = (src, dst, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 32, o += 34) {
    const d = f(Math.abs(largestMagnitude(src, s, 32)) / 127);
    const inverse = reciprocal(d);
    const half = f32ToF16(d);
    dst[o] = half;
    dst[o + 1] = half >> 8;
    for (let i = 0; i < 32; i++) {
      const scaled = f(src[s + i]! * inverse);
      dst[o + 2 + i] = (scaled < 0 ? scaled - 0.5 : scaled + 0.5) | 0;
    }
  }
};
