import type { BlockEncoder } from "./block-encoder.ts";
import { encodeK4Scales, k4Scratch } from "./k4-scales.ts";
import type { AffineSearch } from "./scale-search.ts";

const SEARCH: AffineSearch = { nmax: 31, first: -0.5, step: Math.fround(0.1), steps: 15, absolute: false };

/** Source: quantize_row_q5_K_ref of ggml-quants.c. */
export const quantizeQ5_K: BlockEncoder = (src, dst, blocks) => {
  const scratch = k4Scratch();
  const { quants } = scratch;
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 256, o += 176) {
    encodeK4Scales(src, s, dst, o, SEARCH, scratch);
    for (let l = 0; l < 32; l++) {
      let fifth = 0;
      for (let k = 0; k < 8; k++) fifth |= (quants[32 * k + l]! >> 4) << k;
      dst[o + 16 + l] = fifth;
    }
    for (let l = 0; l < 128; l++) {
      const at = 64 * (l >> 5) + (l & 31);
      dst[o + 48 + l] = (quants[at]! & 15) | ((quants[at + 32]! & 15) << 4);
    }
  }
};
