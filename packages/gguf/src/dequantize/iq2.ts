import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";
import { IQ2_S_GRID, IQ2_XS_GRID, IQ2_XXS_GRID } from "./grids.ts";
import { EVEN_SIGNS } from "./signs.ts";

/** Eight elements: a row of a grid, each negated where its bit of `signs` is set. */
function put8(
  out: Float32Array,
  to: number,
  scale: number,
  grid: Int8Array,
  row: number,
  signs: number,
): void {
  for (let i = 0; i < 8; i++) {
    const value = scale * grid[8 * row + i]!;
    out[to + i] = (signs >> i) & 1 ? -value : value;
  }
}

/**
 * 256 elements, 66 bytes: f16 d; for each 32: 4 grid indices (8 bits), then uint32: 4 sign indices (7 bits), scale (4).
 * d * (scale + 0.5) / 4 * grid. Source: block_iq2_xxs of ggml-common.h.
 */
export const dequantizeIq2Xxs: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 66, o += 256) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8)) / 4;
    for (let j = 0; j < 8; j++) {
      const at = s + 2 + 8 * j;
      const word = src[at + 4]! | (src[at + 5]! << 8) | (src[at + 6]! << 16) | (src[at + 7]! << 24);
      const scale = d * ((word >>> 28) + 0.5);
      for (let l = 0; l < 4; l++) {
        put8(
          out,
          o + 32 * j + 8 * l,
          scale,
          IQ2_XXS_GRID,
          src[at + l]!,
          EVEN_SIGNS[(word >>> (7 * l)) & 127]!,
        );
      }
    }
  }
};

/**
 * 256 elements, 74 bytes: f16 d; for each 8 a uint16: grid index (9 bits), sign index (7); a scale nibble for each 16.
 * d * (scale + 0.5) / 4 * grid. Source: block_iq2_xs of ggml-common.h.
 */
export const dequantizeIq2Xs: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 74, o += 256) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8)) / 4;
    for (let k = 0; k < 32; k++) {
      const word = src[s + 2 + 2 * k]! | (src[s + 3 + 2 * k]! << 8);
      const scale = d * (((src[s + 66 + (k >> 2)]! >> (2 * (k & 2))) & 15) + 0.5);
      put8(out, o + 8 * k, scale, IQ2_XS_GRID, word & 511, EVEN_SIGNS[word >> 9]!);
    }
  }
};

/**
 * 256 elements, 82 bytes: f16 d; for each 8 the low byte of a grid index; for each 8 a sign byte; for each 32 a byte of
 * four high bit pairs of indices; a scale nibble for each 16. d * (scale + 0.5) / 4 * grid.
 * Source: block_iq2_s of ggml-common.h.
 */
export const dequantizeIq2S: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 82, o += 256) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8)) / 4;
    for (let k = 0; k < 32; k++) {
      const high = (src[s + 66 + (k >> 2)]! >> (2 * (k & 3))) & 3;
      const scale = d * (((src[s + 74 + (k >> 2)]! >> (2 * (k & 2))) & 15) + 0.5);
      put8(out, o + 8 * k, scale, IQ2_S_GRID, src[s + 2 + k]! | (high << 8), src[s + 34 + k]!);
    }
  }
};
