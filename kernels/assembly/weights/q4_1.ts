/**
 * Q4_1: blocks of 32 columns, 20 bytes a row in a file (ggml-common.h, block_q4_1):
 *
 *   | d: f16 | m: f16 | nibbles as in Q4_0: 16 B |          w = d n + m
 *
 * Packed, 16 rows together, 320 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | m of row 0 .. 15: f16 | nibbles as in Q4_0: 256 B |
 */
import { BLOCK32, CODES32 } from "./bytes32";
import { carry_nibbles, interleave_scales, interleave_words, SCALES, widen_scales } from "./group";
import { unpack_nibbles } from "./q4_0";

const FILE_BLOCK: usize = 20;
export const BLOCK_Q4_1: usize = 320;

export function pack_q4_1(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q4_1, src += FILE_BLOCK) {
    interleave_scales(src, stride, rows, 4, dst);
    interleave_words(src + 4, stride, rows, 16, 16, dst + 2 * SCALES, 0);
    carry_nibbles(dst + 2 * SCALES, 256);
  }
}

export function unpack_q4_1(src: usize, dst: usize, blocks: i32): void {
  const one = <i32>(blocks > 0);
  for (; blocks > 0; blocks--, src += BLOCK_Q4_1, dst += BLOCK32) {
    widen_scales(src, dst, one);
    widen_scales(src + SCALES, dst + 64, one);
    unpack_nibbles(src + 2 * SCALES, dst + CODES32);
  }
}
