import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";

/** The 16 levels of IQ4_NL and IQ4_XS: kvalues_iq4nl of ggml-common.h. */
export const IQ4_LEVELS = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113] as const;

/** 32 elements, 18 bytes: f16 d; nibbles as in Q4_0; d * level. Source: block_iq4_nl of ggml-common.h. */
export const dequantizeIq4Nl: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 18, o += 32) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    for (let i = 0; i < 16; i++) {
      const q = src[s + 2 + i]!;
      out[o + i] = d * IQ4_LEVELS[q & 15]!;
      out[o + 16 + i] = d * IQ4_LEVELS[q >> 4]!;
    }
  }
};

/**
 * 256 elements, 136 bytes: f16 d; uint16 high pairs and 4 bytes of low nibbles of the 6-bit scale of each 32 elements;
 * 16 bytes for each 32, nibbles as in Q4_0. d * (scale - 32) * level. Source: block_iq4_xs of ggml-common.h.
 */
export const dequantizeIq4Xs: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 136, o += 256) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    const high = src[s + 2]! | (src[s + 3]! << 8);
    for (let j = 0; j < 8; j++) {
      const low = (src[s + 4 + (j >> 1)]! >> (4 * (j & 1))) & 15;
      const scale = d * ((low | (((high >> (2 * j)) & 3) << 4)) - 32);
      for (let i = 0; i < 16; i++) {
        const q = src[s + 8 + 16 * j + i]!;
        out[o + 32 * j + i] = scale * IQ4_LEVELS[q & 15]!;
        out[o + 32 * j + 16 + i] = scale * IQ4_LEVELS[q >> 4]!;
      }
    }
  }
};
