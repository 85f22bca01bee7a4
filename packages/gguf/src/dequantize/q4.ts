import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";

/** 32 elements, 18 bytes: f16 scale d; 16 bytes, low nibbles are elements 0 to 15, high ones 16 to 31; d * (q - 8). */
export const dequantizeQ4_0: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 18, o += 32) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    for (let i = 0; i < 16; i++) {
      const q = src[s + 2 + i]!;
      out[o + i] = d * ((q & 15) - 8);
      out[o + 16 + i] = d * ((q >> 4) - 8);
    }
  }
};

/** 32 elements, 20 bytes: f16 scale d, f16 minimum m; nibbles as in Q4_0; d * q + m. */
export const dequantizeQ4_1: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 20, o += 32) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    const m = f16ToF32(src[s + 2]! | (src[s + 3]! << 8));
    for (let i = 0; i < 16; i++) {
      const q = src[s + 4 + i]!;
      out[o + i] = d * (q & 15) + m;
      out[o + 16 + i] = d * (q >> 4) + m;
    }
  }
};
