import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";

/** 32 elements, 22 bytes: f16 scale d; uint32 fifth bits, bit i for element i; nibbles as in Q4_0; d * (q - 16). */
export const dequantizeQ5_0: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 22, o += 32) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    const high = src[s + 2]! | (src[s + 3]! << 8) | (src[s + 4]! << 16) | (src[s + 5]! << 24);
    for (let i = 0; i < 16; i++) {
      const q = src[s + 6 + i]!;
      out[o + i] = d * (((q & 15) | (((high >>> i) & 1) << 4)) - 16);
      out[o + 16 + i] = d * (((q >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16);
    }
  }
};

/** 32 elements, 24 bytes: f16 scale d, f16 minimum m; then as Q5_0; d * q + m. */
export const dequantizeQ5_1: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 24, o += 32) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    const m = f16ToF32(src[s + 2]! | (src[s + 3]! << 8));
    const high = src[s + 4]! | (src[s + 5]! << 8) | (src[s + 6]! << 16) | (src[s + 7]! << 24);
    for (let i = 0; i < 16; i++) {
      const q = src[s + 8 + i]!;
      out[o + i] = d * ((q & 15) | (((high >>> i) & 1) << 4)) + m;
      out[o + 16 + i] = d * ((q >> 4) | (((high >>> (i + 16)) & 1) << 4)) + m;
    }
  }
};
