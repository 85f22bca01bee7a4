import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";

/**
 * 256 elements, 210 bytes: 128 bytes of low nibbles; 64 bytes of high bit pairs; int8 scale of each 16 elements; f16 d.
 * Each half of 128 elements has 64 + 32 bytes: element l + 32 k (l < 32, k < 4) takes nibble k >> 1 of byte
 * l + 32 (k & 1) and pair k of byte l. d * scale * (q - 32). Source: block_q6_K of ggml-common.h.
 */
export const dequantizeQ6_K: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 210, o += 256) {
    const d = f16ToF32(src[s + 208]! | (src[s + 209]! << 8));
    for (let j = 0; j < 16; j++) {
      const scale = d * ((src[s + 192 + j]! << 24) >> 24);
      const half = j >> 3;
      const k = (j >> 1) & 3;
      const from = 16 * (j & 1);
      const low = s + 64 * half + 32 * (k & 1) + from;
      const high = s + 128 + 32 * half + from;
      const lowShift = 4 * (k >> 1);
      const highShift = 2 * k;
      const to = o + 16 * j;
      for (let i = 0; i < 16; i++) {
        const q = ((src[low + i]! >> lowShift) & 15) | (((src[high + i]! >> highShift) & 3) << 4);
        out[to + i] = scale * (q - 32);
      }
    }
  }
};
