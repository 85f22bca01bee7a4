/**
 * Q4_0: blocks of 32 columns, 18 bytes a row in a file (ggml-common.h, block_q4_0):
 *
 *   | d: f16 | n[0] .. n[15]: low nibble column i, high nibble column i + 16 |          w = d (n - 8)
 *
 * Packed, 16 rows together, 288 bytes a block; j = 0 .. 3, v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f16 | j, v: bytes 4j .. 4j+3 of rows 4v .. 4v+3: 16 B | ...
 */
import { BLOCK32, CODES32 } from "./bytes32";
import { interleave_halves, interleave_words, SCALES, widen_scales } from "./group";

const FILE_BLOCK: usize = 18;
export const BLOCK_Q4_0: usize = 288;

export function pack_q4_0(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q4_0, src += FILE_BLOCK) {
    interleave_halves(src, stride, rows, 2, dst);
    interleave_words(src + 2, stride, rows, 16, dst + SCALES, 0x88888888);
  }
}

/** Nibble vectors at src to codes: low ones to dst, high ones to dst + 256. */
// @ts-ignore: decorator
@inline
export function unpack_nibbles(src: usize, dst: usize): void {
  const mask = i8x16.splat(15);
  for (const end = src + 256; src < end; src += 16, dst += 16) {
    const x = v128.load(src);
    v128.store(dst, v128.and(x, mask));
    v128.store(dst, i8x16.shr_u(x, 4), 256);
  }
}

export function unpack_q4_0(src: usize, dst: usize, blocks: i32): void {
  for (; blocks > 0; blocks--, src += BLOCK_Q4_0, dst += BLOCK32) {
    widen_scales(src, dst);
    unpack_nibbles(src + SCALES, dst + CODES32);
  }
}
