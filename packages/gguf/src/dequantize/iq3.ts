import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";
import { IQ3_S_GRID, IQ3_XXS_GRID } from "./grids.ts";
import { EVEN_SIGNS } from "./signs.ts";

/** Four elements: a row of a grid, each negated where its bit of `signs` is set. */
function put4(
  out: Float32Array,
  to: number,
  scale: number,
  grid: Int8Array,
  row: number,
  signs: number,
): void {
  for (let i = 0; i < 4; i++) {
    const value = scale * grid[4 * row + i]!;
    out[to + i] = (signs >> i) & 1 ? -value : value;
  }
}

/**
 * 256 elements, 98 bytes: f16 d; a grid index (8 bits) for each 4; for each 32 a uint32: 4 sign indices (7 bits), scale
 * (4). d * (scale + 0.5) / 2 * grid. Source: block_iq3_xxs of ggml-common.h.
 */
export const dequantizeIq3Xxs: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 98, o += 256) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8)) / 2;
    for (let j = 0; j < 8; j++) {
      const at = s + 66 + 4 * j;
      const word = src[at]! | (src[at + 1]! << 8) | (src[at + 2]! << 16) | (src[at + 3]! << 24);
      const scale = d * ((word >>> 28) + 0.5);
      for (let l = 0; l < 4; l++) {
        const signs = EVEN_SIGNS[(word >>> (7 * l)) & 127]!;
        const to = o + 32 * j + 8 * l;
        put4(out, to, scale, IQ3_XXS_GRID, src[s + 2 + 8 * j + 2 * l]!, signs);
        put4(out, to + 4, scale, IQ3_XXS_GRID, src[s + 3 + 8 * j + 2 * l]!, signs >> 4);
      }
    }
  }
};

/**
 * 256 elements, 110 bytes: f16 d; the low byte of a grid index for each 4; for each 32 a byte of their ninth bits; a
 * sign byte for each 8; a scale nibble for each 32. d * (2 scale + 1) * grid. Source: block_iq3_s of ggml-common.h.
 */
export const dequantizeIq3S: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 110, o += 256) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    for (let k = 0; k < 64; k++) {
      const j = k >> 3;
      const row = src[s + 2 + k]! | (((src[s + 66 + j]! >> (k & 7)) & 1) << 8);
      const signs = src[s + 74 + (k >> 1)]! >> (4 * (k & 1));
      const scale = d * (2 * ((src[s + 106 + (j >> 1)]! >> (4 * (j & 1))) & 15) + 1);
      put4(out, o + 4 * k, scale, IQ3_S_GRID, row, signs);
    }
  }
};
