import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";
import { k4Minimum, k4Scale } from "./q4-k.ts";

/**
 * 256 elements, 176 bytes: f16 d, f16 dmin; scales and minimums as in Q4_K; 32 bytes of fifth bits (bit k of byte l:
 * element 32 k + l); 128 bytes of nibbles as in Q4_K. d * scale * q - dmin * minimum. Source: block_q5_K of ggml-common.h.
 */
export const dequantizeQ5_K: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 176, o += 256) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    const dmin = f16ToF32(src[s + 2]! | (src[s + 3]! << 8));
    for (let j = 0; j < 8; j++) {
      const scale = d * k4Scale(src, s + 4, j);
      const minimum = dmin * k4Minimum(src, s + 4, j);
      const high = s + 16;
      const low = s + 48 + 32 * (j >> 1);
      const shift = 4 * (j & 1);
      const to = o + 32 * j;
      for (let i = 0; i < 32; i++) {
        const q = ((src[low + i]! >> shift) & 15) | (((src[high + i]! >> j) & 1) << 4);
        out[to + i] = scale * q - minimum;
      }
    }
  }
};
