import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";

/**
 * 256 elements, 110 bytes: 32 bytes of third bits (bit k of byte l: element 32 k + l); 64 bytes of low bit pairs as in
 * Q2_K; 12 bytes of 6-bit scales; f16 d. d * (scale - 32) * (q - 4). Source: block_q3_K of ggml-common.h.
 */
export const dequantizeQ3_K: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 110, o += 256) {
    const d = f16ToF32(src[s + 108]! | (src[s + 109]! << 8));
    for (let j = 0; j < 16; j++) {
      const scale = d * (q3KScale(src, s + 96, j) - 32);
      const high = s + 16 * (j & 1);
      const low = s + 32 + 32 * (j >> 3) + 16 * (j & 1);
      const shift = j & 6;
      const to = o + 16 * j;
      for (let i = 0; i < 16; i++) {
        const q = ((src[low + i]! >> shift) & 3) | (((src[high + i]! >> (j >> 1)) & 1) << 2);
        out[to + i] = scale * (q - 4);
      }
    }
  }
};

/** Scale j of 16, 0 to 63: low nibbles in bytes 0 to 7 (0 to 7 below, 8 to 15 above), high pairs in bytes 8 to 11. */
export function q3KScale(bytes: Uint8Array, at: number, j: number): number {
  const low = j < 8 ? bytes[at + j]! & 15 : bytes[at + j - 8]! >> 4;
  return low | (((bytes[at + 8 + (j & 3)]! >> (2 * (j >> 2))) & 3) << 4);
}
