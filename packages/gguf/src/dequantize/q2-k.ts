import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";

/**
 * 256 elements, 84 bytes: 16 bytes, scale (low nibble) and minimum (high nibble) of each 16 elements; 64 bytes of 2-bit
 * quants; f16 d, f16 dmin. Each half of 128 elements has 32 quant bytes, whose bit pairs are elements l, l + 32,
 * l + 64, l + 96. d * scale * q - dmin * minimum. Source: block_q2_K of ggml-common.h.
 */
export const dequantizeQ2_K: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 84, o += 256) {
    const d = f16ToF32(src[s + 80]! | (src[s + 81]! << 8));
    const dmin = f16ToF32(src[s + 82]! | (src[s + 83]! << 8));
    for (let j = 0; j < 16; j++) {
      const scale = d * (src[s + j]! & 15);
      const minimum = dmin * (src[s + j]! >> 4);
      const quants = s + 16 + 32 * (j >> 3) + 16 * (j & 1);
      const shift = j & 6;
      const to = o + 16 * j;
      for (let i = 0; i < 16; i++) out[to + i] = scale * ((src[quants + i]! >> shift) & 3) - minimum;
    }
  }
};
