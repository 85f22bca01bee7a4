import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";

/**
 * 256 elements, 144 bytes: f16 d, f16 dmin; 12 bytes of 6-bit scales and minimums of each 32 elements; 128 bytes of
 * nibbles. Each 64 elements have 32 bytes: low nibbles first, then high. d * scale * q - dmin * minimum.
 * Source: block_q4_K of ggml-common.h.
 */
export const dequantizeQ4_K: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 144, o += 256) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    const dmin = f16ToF32(src[s + 2]! | (src[s + 3]! << 8));
    for (let j = 0; j < 8; j++) {
      const scale = d * k4Scale(src, s + 4, j);
      const minimum = dmin * k4Minimum(src, s + 4, j);
      const quants = s + 16 + 32 * (j >> 1);
      const shift = 4 * (j & 1);
      const to = o + 32 * j;
      for (let i = 0; i < 32; i++) out[to + i] = scale * ((src[quants + i]! >> shift) & 15) - minimum;
    }
  }
};

/** Scale j of 8, 0 to 63: bytes 0 to 3, then the low nibbles of bytes 8 to 11 with the top pairs of bytes 0 to 3. */
export function k4Scale(bytes: Uint8Array, at: number, j: number): number {
  return j < 4 ? bytes[at + j]! & 63 : (bytes[at + j + 4]! & 15) | ((bytes[at + j - 4]! >> 6) << 4);
}

/** Minimum j of 8, 0 to 63: bytes 4 to 7, then the high nibbles of bytes 8 to 11 with the top pairs of bytes 4 to 7. */
export function k4Minimum(bytes: Uint8Array, at: number, j: number): number {
  return j < 4 ? bytes[at + j + 4]! & 63 : (bytes[at + j + 4]! >> 4) | ((bytes[at + j]! >> 6) << 4);
}
