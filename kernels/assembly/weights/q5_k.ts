/**
 * Q5_K: blocks of 256 columns, 176 bytes a row in a file (ggml-common.h, block_q5_K):
 *
 *   | head as in Q4_K: 16 B | fifth bits: 32 B, bit k of byte l for column 32 k + l | nibbles as in Q4_K: 128 B |
 *
 *   w = d scale n - dmin minimum
 *
 * Packed, 16 rows together, 2880 bytes a block:
 *
 *   | head as in Q4_K: 320 B | i, v: fifth-bit bytes 4i .. 4i+3 of rows 4v .. 4v+3: 16 B | ... | nibbles as in Q4_K |
 */
import { CODES256 } from "./bytes256";
import { interleave_words } from "./group";
import { HEAD_K4, pack_head_k4, unpack_head_k4 } from "./q4_k";

const FILE_BLOCK: usize = 176;
export const BLOCK_Q5_K: usize = 2880;

export function pack_q5_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q5_K, src += FILE_BLOCK) {
    pack_head_k4(src, stride, rows, dst);
    interleave_words(src + 16, stride, rows, 160, dst + HEAD_K4, 0);
  }
}

export function unpack_q5_k(src: usize, dst: usize): void {
  unpack_head_k4(src, dst, 2);
  const mask = i8x16.splat(15), bit = i8x16.splat(16);
  let p = src + HEAD_K4 + 512;
  let to = dst + CODES256;
  for (let shift = 0; shift < 8; shift += 2, to += 512) {
    let high = src + HEAD_K4;
    for (const end = high + 512; high < end; high += 16, p += 16, to += 16) {
      const x = v128.load(p);
      const h = i16x8.shl(i16x8.shr_u(v128.load(high), shift), 3);
      v128.store(to, v128.or(v128.and(x, mask), v128.and(i16x8.shl(h, 1), bit)));
      v128.store(to, v128.or(i8x16.shr_u(x, 4), v128.and(h, bit)), 512);
    }
  }
}
