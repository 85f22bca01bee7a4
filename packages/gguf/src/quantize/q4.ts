import { f32ToF16 } from "../half.ts";
import type { BlockEncoder } from "./block-encoder.ts";
import { largestMagnitude, reciprocal } from "./extremes.ts";

const f = Math.fround;

/** Source: quantize_row_q4_0_ref of ggml-quants.c. The largest magnitude becomes -8 exactly. */
export const quantizeQ4_0: BlockEncoder = (src, dst, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 32, o += 18) {
    const d = f(largestMagnitude(src, s, 32) / -8);
    const inverse = reciprocal(d);
    const half = f32ToF16(d);
    dst[o] = half;
    dst[o + 1] = half >> 8;
    for (let i = 0; i < 16; i++) {
      const low = Math.min(15, f(f(src[s + i]! * inverse) + 8.5) | 0);
      const high = Math.min(15, f(f(src[s + 16 + i]! * inverse) + 8.5) | 0);
      dst[o + 2 + i] = low | (high << 4);
    }
  }
};

/** Source: quantize_row_q4_1_ref of ggml-quants.c. */
export const quantizeQ4_1: BlockEncoder = (src, dst, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 32, o += 20) {
    let min = src[s]!;
    let max = min;
    for (let i = 1; i < 32; i++) {
      const value = src[s + i]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const d = f(f(max - min) / 15);
    const inverse = reciprocal(d);
    const half = f32ToF16(d);
    dst[o] = half;
    dst[o + 1] = half >> 8;
    const halfMin = f32ToF16(min);
    dst[o + 2] = halfMin;
    dst[o + 3] = halfMin >> 8;
    for (let i = 0; i < 16; i++) {
      const low = Math.min(15, f(f(f(src[s + i]! - min) * inverse) + 0.5) | 0);
      const high = Math.min(15, f(f(f(src[s + 16 + i]! - min) * inverse) + 0.5) | 0);
      dst[o + 4 + i] = low | (high << 4);
    }
  }
};
