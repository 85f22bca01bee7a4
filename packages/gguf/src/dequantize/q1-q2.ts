import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";

/** 128 elements, 18 bytes: f16 scale d; a bit each, 1 for d and 0 for -d. Source: block_q1_0 of ggml-common.h. */
export const dequantizeQ1_0: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 18, o += 128) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    for (let i = 0; i < 128; i++) out[o + i] = (src[s + 2 + (i >> 3)]! >> (i & 7)) & 1 ? d : -d;
  }
};

/** 64 elements, 18 bytes: f16 scale d; two bits each, d * (q - 1). Source: block_q2_0 of ggml-common.h. */
export const dequantizeQ2_0: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 18, o += 64) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    for (let i = 0; i < 64; i++) out[o + i] = d * (((src[s + 2 + (i >> 2)]! >> (2 * (i & 3))) & 3) - 1);
  }
};
