import { E2M1_DOUBLED, halfOfE8m0 } from "../dequantize/fp4.ts";
import type { BlockEncoder } from "./block-encoder.ts";
import { largestMagnitude } from "./extremes.ts";

/** Source: quantize_row_mxfp4_ref of ggml-quants.c: scale 2^(floor(log2(largest)) - 2), each element to the nearest. */
export const quantizeMxfp4: BlockEncoder = (src, dst, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 32, o += 17) {
    const largest = Math.abs(largestMagnitude(src, s, 32));
    const exponent = largest > 0 ? Math.max(0, Math.floor(Math.log2(largest)) + 125) : 0;
    const d = halfOfE8m0(exponent);
    dst[o] = exponent;
    for (let i = 0; i < 16; i++)
      dst[o + 1 + i] = nearest(src[s + i]!, d) | (nearest(src[s + 16 + i]!, d) << 4);
  }
};

/** Index of the nearest E2M1 value times d, the first of equals. */
function nearest(value: number, d: number): number {
  let best = 0;
  let error = Math.abs(value);
  for (let i = 1; i < 16; i++) {
    const e = Math.abs(Math.fround(E2M1_DOUBLED[i]! * d - value));
    if (e < error) {
      best = i;
      error = e;
    }
  }
  return best;
}
