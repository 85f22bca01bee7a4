/**
 * Q2_K: blocks of 256 columns, 84 bytes a row in a file (ggml-common.h, block_q2_K):
 *
 *   | 16 x scale (low nibble), minimum (high nibble): 16 B | pairs: 64 B | d: f16 | dmin: f16 |
 *
 *   w = d scale n - dmin minimum
 *
 * Each half of 128 columns has 32 bytes, whose pairs are columns l, l + 32, l + 64, l + 96.
 * Packed, 16 rows together, 1344 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | dmin of row 0 .. 15: f16 | scale and minimum of row 0 .. 15, sixteen times |
 *   | i, v: pair bytes 4i .. 4i+3 of rows 4v .. 4v+3: 16 B | ...
 */
import { CODES256, DMIN256, MINS256, SCALES256, spread_scales } from "./bytes256";
import { interleave_halves, interleave_words, SCALES, widen_scales } from "./group";

const FILE_BLOCK: usize = 84;
export const BLOCK_Q2_K: usize = 1344;
const PAIRS: usize = 320;

export function pack_q2_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q2_K, src += FILE_BLOCK) {
    interleave_halves(src + 80, stride, rows, 4, dst);
    for (let r: usize = 0; r < 16; r++) {
      const from = src + r * stride;
      for (let s: usize = 0; s < 16; s++) store<u8>(dst + 2 * SCALES + (s << 4) + r, <i32>r < rows ? load<u8>(from + s) : 0);
    }
    interleave_words(src + 16, stride, rows, 16, 64, dst + PAIRS, 0);
  }
}

export function unpack_q2_k(src: usize, dst: usize): void {
  const one = <i32>(src != 0);
  widen_scales(src, dst, one);
  widen_scales(src + SCALES, dst + DMIN256, one);
  const mask = i8x16.splat(15);
  let p = src + 2 * SCALES;
  let scales = dst + SCALES256;
  let mins = dst + MINS256;
  for (const end = p + 256; p < end; p += 32, scales += 128, mins += 64) {
    const even = v128.load(p), odd = v128.load(p, 16);
    spread_scales(v128.and(even, mask), scales);
    spread_scales(v128.and(odd, mask), scales + 64);
    const a = i8x16.shr_u(even, 4), b = i8x16.shr_u(odd, 4);
    const low = v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const high = v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    v128.store(mins, i16x8.extend_low_i8x16_u(low));
    v128.store(mins, i16x8.extend_high_i8x16_u(low), 16);
    v128.store(mins, i16x8.extend_low_i8x16_u(high), 32);
    v128.store(mins, i16x8.extend_high_i8x16_u(high), 48);
  }
  unpack_pairs(src + PAIRS, dst + CODES256);
}

/** 64 vectors of bit pairs to 256 of codes: pair k of vector i of a half to vector 32 k + i. */
export function unpack_pairs(src: usize, dst: usize): void {
  const pair = i8x16.splat(3);
  for (const stop = dst + 4096; dst < stop; dst += 1536) {
    for (const end = src + 512; src < end; src += 16, dst += 16) {
      const x = v128.load(src);
      v128.store(dst, v128.and(x, pair));
      v128.store(dst, v128.and(i16x8.shr_u(x, 2), pair), 512);
      v128.store(dst, v128.and(i16x8.shr_u(x, 4), pair), 1024);
      v128.store(dst, i8x16.shr_u(x, 6), 1536);
    }
  }
}
