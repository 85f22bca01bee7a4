/**
 * Q6_K: blocks of 256 columns, 210 bytes a row in a file (ggml-common.h, block_q6_K):
 *
 *   | low nibbles: 128 B | high pairs: 64 B | 16 scales: i8 | d: f16 |          w = d scale (n - 32)
 *
 * Each half of 128 columns has 64 + 32 bytes: column l + 32 k (l < 32, k < 4) takes nibble k >> 1 of byte
 * l + 32 (k & 1), and pair k of byte l. Packed, 16 rows together, 3360 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | scale of row 0 .. 15: i8, sixteen times |
 *   | i, v: low bytes 4i .. 4i+3 of rows 4v .. 4v+3: 16 B | ... | i, v: high bytes 4i .. 4i+3 of rows 4v .. 4v+3 | ...
 */
import { CODES256, SCALES256, spread_scales } from "./bytes256";
import { interleave_halves, interleave_words, SCALES, widen_scales } from "./group";

const FILE_BLOCK: usize = 210;
export const BLOCK_Q6_K: usize = 3360;
const LOW: usize = 288;

export function pack_q6_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q6_K, src += FILE_BLOCK) {
    interleave_halves(src + 208, stride, rows, 2, dst);
    for (let r: usize = 0; r < 16; r++) {
      const from = src + r * stride + 192;
      for (let s: usize = 0; s < 16; s++) store<u8>(dst + SCALES + (s << 4) + r, <i32>r < rows ? load<u8>(from + s) : 0);
    }
    interleave_words(src, stride, rows, 192, dst + LOW, 0);
  }
}

export function unpack_q6_k(src: usize, dst: usize): void {
  widen_scales(src, dst);
  for (let s: usize = 0; s < 16; s++) spread_scales(v128.load(src + SCALES + (s << 4)), dst + SCALES256 + (s << 6));
  const mask = i8x16.splat(15), pair = i8x16.splat(48);
  let low = src + LOW;
  let high = low + 2048;
  let to = dst + CODES256;
  for (const stop = to + 4096; to < stop; to += 1536, low += 512) {
    for (const end = low + 512; low < end; low += 16, high += 16, to += 16) {
      const x = v128.load(low), y = v128.load(low, 512), h = v128.load(high);
      v128.store(to, v128.or(v128.and(x, mask), v128.and(i16x8.shl(h, 4), pair)));
      v128.store(to, v128.or(v128.and(y, mask), v128.and(i16x8.shl(h, 2), pair)), 512);
      v128.store(to, v128.or(i8x16.shr_u(x, 4), v128.and(h, pair)), 1024);
      v128.store(to, v128.or(i8x16.shr_u(y, 4), v128.and(i16x8.shr_u(h, 2), pair)), 1536);
    }
  }
}
