import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";

/** Trit n, 0 to 2, of a byte whose value / 256 is a base-3 fraction; trit 0 is the first after the point. */
function trit(byte: number, n: number): number {
  return ((((byte * POWERS[n]!) & 255) * 3) >> 8) - 1;
}

const POWERS = [1, 3, 9, 27, 81] as const;

/**
 * 256 elements, 54 bytes: 48 bytes of 5 trits, 4 bytes of 4 trits, f16 d; d * (trit - 1). Trit n of byte m is element
 * m + 32 n of the first 160, m + 16 n of the next 80, m + 4 n of the last 16. Source: block_tq1_0 of ggml-common.h.
 */
export const dequantizeTq1_0: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 54, o += 256) {
    const d = f16ToF32(src[s + 52]! | (src[s + 53]! << 8));
    for (let n = 0; n < 5; n++) {
      for (let m = 0; m < 32; m++) out[o + 32 * n + m] = d * trit(src[s + m]!, n);
      for (let m = 0; m < 16; m++) out[o + 160 + 16 * n + m] = d * trit(src[s + 32 + m]!, n);
    }
    for (let n = 0; n < 4; n++) {
      for (let m = 0; m < 4; m++) out[o + 240 + 4 * n + m] = d * trit(src[s + 48 + m]!, n);
    }
  }
};

/**
 * 256 elements, 66 bytes: 64 bytes of bit pairs, f16 d; d * (q - 1). Each half of 128 elements has 32 bytes, whose
 * pairs are elements l, l + 32, l + 64, l + 96. Source: block_tq2_0 of ggml-common.h.
 */
export const dequantizeTq2_0: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 66, o += 256) {
    const d = f16ToF32(src[s + 64]! | (src[s + 65]! << 8));
    for (let i = 0; i < 256; i++) {
      const q = (src[s + 32 * (i >> 7) + (i & 31)]! >> (2 * ((i >> 5) & 3))) & 3;
      out[o + i] = d * (q - 1);
    }
  }
};
