/**
 * Q3_K: blocks of 256 columns, 110 bytes a row in a file (ggml-common.h, block_q3_K):
 *
 *   | third bits: 32 B, bit k of byte l for column 32 k + l | low pairs as in Q2_K: 64 B | 16 scales of 6 bits: 12 B | d: f16 |
 *
 *   w = d (scale - 32) (n - 4)
 *
 * Packed, 16 rows together, 1824 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | scale - 32 of row 0 .. 15: i8, sixteen times |
 *   | i, v: third-bit bytes 4i .. 4i+3 of rows 4v .. 4v+3: 16 B | ... | i, v: low bytes 4i .. 4i+3 of rows 4v .. 4v+3 | ...
 */
import { CODES256, SCALES256, spread_scales } from "./bytes256";
import { interleave_halves, interleave_words, SCALES, widen_scales } from "./group";

const FILE_BLOCK: usize = 110;
export const BLOCK_Q3_K: usize = 1824;
const HIGH: usize = 288;

export function pack_q3_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q3_K, src += FILE_BLOCK) {
    interleave_halves(src + 108, stride, rows, 2, dst);
    for (let r: usize = 0; r < 16; r++) {
      const from = src + r * stride + 96;
      for (let s: usize = 0; s < 16; s++) {
        let scale = 0;
        if (<i32>r < rows) {
          const low = s < 8 ? <i32>load<u8>(from + s) & 15 : <i32>load<u8>(from + s - 8) >> 4;
          scale = (low | (((<i32>load<u8>(from + 8 + (s & 3)) >> (<i32>(s >> 2) << 1)) & 3) << 4)) - 32;
        }
        store<i8>(dst + SCALES + (s << 4) + r, <i8>scale);
      }
    }
    interleave_words(src, stride, rows, 96, dst + HIGH, 0);
  }
}

export function unpack_q3_k(src: usize, dst: usize): void {
  widen_scales(src, dst);
  for (let s: usize = 0; s < 16; s++) spread_scales(v128.load(src + SCALES + (s << 4)), dst + SCALES256 + (s << 6));
  const pair = i8x16.splat(3), bit = i8x16.splat(4);
  let to = dst + CODES256;
  for (let k = 0; k < 8; k++) {
    let high = src + HIGH;
    let low = src + HIGH + 512 + (<usize>(k >> 2) << 9);
    const shift = (k & 3) << 1;
    for (const end = high + 512; high < end; high += 16, low += 16, to += 16) {
      const h = i16x8.shl(i16x8.shr_u(v128.load(high), k), 2);
      v128.store(to, v128.or(v128.and(i16x8.shr_u(v128.load(low), shift), pair), v128.and(h, bit)));
    }
  }
}
