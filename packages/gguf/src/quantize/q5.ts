import { f32ToF16 } from "../half.ts";
import type { BlockEncoder } from "./block-encoder.ts";
import { largestMagnitude, reciprocal } from "./extremes.ts";

const f = Math.fround;

/** Source: quantize_row_q5_0_ref of ggml-quants.c. The largest magnitude becomes -16 exactly. */
export const quantizeQ5_0: BlockEncoder = (src, dst, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 32, o += 22) {
    const d = f(largestMagnitude(src, s, 32) / -16);
    const inverse = reciprocal(d);
    const half = f32ToF16(d);
    dst[o] = half;
    dst[o + 1] = half >> 8;
    let fifth = 0;
    for (let i = 0; i < 16; i++) {
      const low = Math.min(31, f(f(src[s + i]! * inverse) + 16.5) | 0);
      const high = Math.min(31, f(f(src[s + 16 + i]! * inverse) + 16.5) | 0);
      dst[o + 6 + i] = (low & 15) | ((high & 15) << 4);
      fifth |= ((low >> 4) & 1) << i;
      fifth |= ((high >> 4) & 1) << (i + 16);
    }
    putUint32(dst, o + 2, fifth);
  }
};

/** Source: quantize_row_q5_1_ref of ggml-quants.c. */
export const quantizeQ5_1: BlockEncoder = (src, dst, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 32, o += 24) {
    let min = src[s]!;
    let max = min;
    for (let i = 1; i < 32; i++) {
      const value = src[s + i]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const d = f(f(max - min) / 31);
    const inverse = reciprocal(d);
    const half = f32ToF16(d);
    dst[o] = half;
    dst[o + 1] = half >> 8;
    const halfMin = f32ToF16(min);
    dst[o + 2] = halfMin;
    dst[o + 3] = halfMin >> 8;
    let fifth = 0;
    for (let i = 0; i < 16; i++) {
      const low = f(f(f(src[s + i]! - min) * inverse) + 0.5) | 0;
      const high = f(f(f(src[s + 16 + i]! - min) * inverse) + 0.5) | 0;
      dst[o + 8 + i] = (low & 15) | ((high & 15) << 4);
      fifth |= ((low >> 4) & 1) << i;
      fifth |= ((high >> 4) & 1) << (i + 16);
    }
    putUint32(dst, o + 4, fifth);
  }
};

function putUint32(dst: Uint8Array, at: number, value: number): void {
  dst[at] = value;
  dst[at + 1] = value >> 8;
  dst[at + 2] = value >> 16;
  dst[at + 3] = value >> 24;
}
