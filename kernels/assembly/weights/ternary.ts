/**
 * TQ2_0: blocks of 256 columns, 66 bytes a row in a file (ggml-common.h, block_tq2_0):
 *
 *   | pairs as in Q2_K: 64 B | d: f16 |          w = d (n - 1)
 *
 * TQ1_0: 54 bytes a row (block_tq1_0), the same numbers, five to a byte that is a base-3 fraction of 256:
 *
 *   | trit i of byte m: column m + 32 i: 32 B | column 160 + m + 16 i: 16 B | column 240 + m + 4 i: 4 B | d: f16 |
 *
 * Both packed alike, 16 rows together, 1056 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | i, v: pair bytes 4i .. 4i+3 of rows 4v .. 4v+3: 16 B | ...
 */
import { CODES256, SCALES256 } from "./bytes256";
import { interleave_scales, interleave_words, SCALES, widen_scales } from "./group";
import { unpack_pairs } from "./q2_k";

export const BLOCK_TERNARY: usize = 1056;

export function pack_tq2_0(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * 66;
  for (let b = 0; b < blocks; b++, dst += BLOCK_TERNARY, src += 66) {
    interleave_scales(src + 64, stride, rows, 2, dst);
    interleave_words(src, stride, rows, 16, 64, dst + SCALES, 0);
  }
}

/** Column c of a TQ1_0 block, 0 to 2. */
function trit(block: usize, c: usize): i32 {
  let byte: usize, i: usize;
  if (c < 160) {
    byte = c & 31;
    i = c >> 5;
  } else if (c < 240) {
    byte = 32 + (c & 15);
    i = (c - 160) >> 4;
  } else {
    byte = 48 + (c & 3);
    i = (c - 240) >> 2;
  }
  const power = i == 0 ? 1 : i == 1 ? 3 : i == 2 ? 9 : i == 3 ? 27 : 81;
  return (((<i32>load<u8>(block + byte) * power) & 255) * 3) >> 8;
}

export function pack_tq1_0(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * 54;
  for (let b = 0; b < blocks; b++, dst += BLOCK_TERNARY, src += 54) {
    interleave_scales(src + 52, stride, rows, 2, dst);
    for (let r: usize = 0; r < 16; r++) {
      const from = src + r * stride;
      for (let i: usize = 0; i < 64; i++) {
        let byte = 0;
        if (<i32>r < rows) {
          const c = ((i >> 5) << 7) + (i & 31);
          byte = trit(from, c) | (trit(from, c + 32) << 2) | (trit(from, c + 64) << 4) | (trit(from, c + 96) << 6);
        }
        store<u8>(dst + SCALES + ((i >> 2) << 6) + (r << 2) + (i & 3), byte);
      }
    }
  }
}

export function unpack_ternary(src: usize, dst: usize): void {
    widen_scales(src, dst, <i32>(src != 0));
  const one = i16x8.splat(1);
  let to = dst + SCALES256;
  for (const end = to + 1024; to < end; to += 16) v128.store(to, one);
  unpack_pairs(src + SCALES, dst + CODES256);
}
