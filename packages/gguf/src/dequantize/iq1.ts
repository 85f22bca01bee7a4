import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";
import { IQ1_GRID } from "./grids.ts";

/** How far IQ1 shifts a grid row up or down: IQ1S_DELTA of ggml-common.h. */
const DELTA = 0.125;

/** Eight elements: a row of the grid, shifted. */
function put8(out: Float32Array, to: number, scale: number, row: number, delta: number): void {
  for (let i = 0; i < 8; i++) out[to + i] = scale * (IQ1_GRID[8 * row + i]! + delta);
}

/**
 * 256 elements, 50 bytes: f16 d; the low byte of a grid index for each 8; for each 32 a uint16: four high parts of
 * indices (3 bits), scale (3), sign of the shift (1). d * (2 scale + 1) * (grid + shift).
 * Source: block_iq1_s of ggml-common.h.
 */
export const dequantizeIq1S: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 50, o += 256) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    for (let j = 0; j < 8; j++) {
      const word = src[s + 34 + 2 * j]! | (src[s + 35 + 2 * j]! << 8);
      const scale = d * (2 * ((word >> 12) & 7) + 1);
      const delta = word & 0x8000 ? -DELTA : DELTA;
      for (let l = 0; l < 4; l++) {
        const row = src[s + 2 + 4 * j + l]! | (((word >> (3 * l)) & 7) << 8);
        put8(out, o + 32 * j + 8 * l, scale, row, delta);
      }
    }
  }
};

/**
 * 256 elements, 56 bytes: the low byte of a grid index for each 8; a nibble for each 8: high part of the index (3
 * bits), sign of the shift (1); four uint16: four scales (3 bits each, one for each 16 elements) and a nibble of the
 * f16 d, lowest first. d * (2 scale + 1) * (grid + shift). Source: block_iq1_m of ggml-common.h.
 */
export const dequantizeIq1M: BlockDecoder = (src, out, blocks) => {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 56, o += 256) {
    const d = f16ToF32(
      (src[s + 49]! >> 4) |
        ((src[s + 51]! >> 4) << 4) |
        ((src[s + 53]! >> 4) << 8) |
        ((src[s + 55]! >> 4) << 12),
    );
    for (let k = 0; k < 32; k++) {
      const word = src[s + 48 + 2 * (k >> 3)]! | (src[s + 49 + 2 * (k >> 3)]! << 8);
      const scale = d * (2 * ((word >> (3 * ((k >> 1) & 3))) & 7) + 1);
      const nibble = (src[s + 32 + (k >> 1)]! >> (4 * (k & 1))) & 15;
      put8(out, o + 8 * k, scale, src[s + k]! | ((nibble & 7) << 8), nibble & 8 ? -DELTA : DELTA);
    }
  }
};
