import type { BlockEncoder } from "./block-encoder.ts";
import { encodeK4Scales, k4Scratch } from "./k4-scales.ts";
import type { AffineSearch } from "./scale-search.ts";

const SEARCH: AffineSearch = { nmax: 15, first: -1, step: Math.fround(0.1), steps: 20, absolute: false };

/** Source: quantize_row_q4_K_ref of ggml-quants.c. */
export const quantizeQ4_K: BlockEncoder = (src, dst, blocks) => {
  const scratch = k4Scratch();
  const { quants } = scratch;
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 256, o += 144) {
    encodeK4Scales(src, s, dst, o, SEARCH, scratch);
    for (let l = 0; l < 128; l++) {
      const at = 64 * (l >> 5) + (l & 31);
      dst[o + 16 + l] = quants[at]! | (quants[at + 32]! << 4);
    }
  }
};
