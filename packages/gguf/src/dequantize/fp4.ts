import type { BlockDecoder } from "./block-decoder.ts";

/** E2M1 values, doubled so that they are integers: kvalues_mxfp4 of ggml-common.h (OCP Microscaling Formats 1.0, 5.3.3). */
export const E2M1_DOUBLED = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12] as const;

/** Half of the scale an E8M0 byte stands for, 2^(e - 127): the other half is in E2M1_DOUBLED. */
export function halfOfE8m0(exponent: number): number {
  return 2 ** (exponent - 128);
}

/** 32 elements, 17 bytes: E8M0 scale; nibbles as in Q4_0, each an E2M1 float. Source: block_mxfp4 of ggml-common.h. */
export const dequantizeMxfp4: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 17, o += 32) {
    const d = halfOfE8m0(src[s]!);
    for (let i = 0; i < 16; i++) {
      const q = src[s + 1 + i]!;
      out[o + i] = d * E2M1_DOUBLED[q & 15]!;
      out[o + 16 + i] = d * E2M1_DOUBLED[q >> 4]!;
    }
  }
};

/**
 * Half of an unsigned E4M3 float (bias 7, no infinity, 0x7f for NaN, taken as 0 as ggml does).
 * Source: ggml_ue4m3_to_fp32 of ggml-impl.h.
 */
export function halfOfUe4m3(byte: number): number {
  if (byte === 0x7f) return 0;
  const exponent = (byte >> 3) & 15;
  const mantissa = byte & 7;
  return exponent === 0 ? mantissa * 2 ** -10 : (8 + mantissa) * 2 ** (exponent - 11);
}

/**
 * 64 elements, 36 bytes: UE4M3 scale of each 16 elements; 8 bytes for each 16: low nibbles are elements 0 to 7, high
 * ones 8 to 15, each an E2M1 float. Source: block_nvfp4 of ggml-common.h.
 */
export const dequantizeNvfp4: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 36, o += 64) {
    for (let j = 0; j < 4; j++) {
      const d = halfOfUe4m3(src[s + j]!);
      for (let i = 0; i < 8; i++) {
        const q = src[s + 4 + 8 * j + i]!;
        out[o + 16 * j + i] = d * E2M1_DOUBLED[q & 15]!;
        out[o + 16 * j + 8 + i] = d * E2M1_DOUBLED[q >> 4]!;
      }
    }
  }
};
