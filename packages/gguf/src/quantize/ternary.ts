import { f32ToF16 } from "../half.ts";
import type { BlockEncoder } from "./block-encoder.ts";
import { largestMagnitude, reciprocal } from "./extremes.ts";

/** 0, 1 or 2: the nearest of -1, 0 and 1, halves away from zero, plus 1. */
function trit(value: number, inverse: number): number {
  const scaled = Math.fround(value * inverse);
  return ((scaled < 0 ? scaled - 0.5 : scaled + 0.5) | 0) + 1;
}

/** Trits of elements at, at + step, ... as a base-3 fraction of 256, rounded up so that each digit can be read back. */
function packTrits(src: Float32Array, at: number, step: number, count: number, inverse: number): number {
  let digits = 0;
  for (let n = 0; n < 5; n++) digits = 3 * digits + (n < count ? trit(src[at + n * step]!, inverse) : 0);
  return Math.floor((digits * 256 + 242) / 243);
}

/** Source: quantize_row_tq1_0_ref of ggml-quants.c. */
export const quantizeTq1_0: BlockEncoder = (src, dst, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 256, o += 54) {
    const d = Math.abs(largestMagnitude(src, s, 256));
    const inverse = reciprocal(d);
    for (let m = 0; m < 32; m++) dst[o + m] = packTrits(src, s + m, 32, 5, inverse);
    for (let m = 0; m < 16; m++) dst[o + 32 + m] = packTrits(src, s + 160 + m, 16, 5, inverse);
    for (let m = 0; m < 4; m++) dst[o + 48 + m] = packTrits(src, s + 240 + m, 4, 4, inverse);
    const half = f32ToF16(d);
    dst[o + 52] = half;
    dst[o + 53] = half >> 8;
  }
};

/** Source: quantize_row_tq2_0_ref of ggml-quants.c. */
export const quantizeTq2_0: BlockEncoder = (src, dst, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 256, o += 66) {
    const d = Math.abs(largestMagnitude(src, s, 256));
    const inverse = reciprocal(d);
    for (let m = 0; m < 64; m++) {
      const at = s + 128 * (m >> 5) + (m & 31);
      let byte = 0;
      for (let n = 0; n < 4; n++) byte |= trit(src[at + 32 * n]!, inverse) << (2 * n);
      dst[o + m] = byte;
    }
    const half = f32ToF16(d);
    dst[o + 64] = half;
    dst[o + 65] = half >> 8;
  }
};
