/**
 * Q4_0: blocks of 32 columns, 18 bytes a row in a file (ggml-common.h, block_q4_0):
 *
 *   | d: f16 | n[0] .. n[15]: low nibble column i, high nibble column i + 16 |          w = d (n - 8)
 *
 * Packed, 16 rows together, 288 bytes a block; j = 0 .. 3, v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f16 | j, v: bytes 4j .. 4j+3 of rows 4v .. 4v+3: 16 B | ...
 */
import { dot_pairs_i8_u7 } from "../simd/dot";
import { add_packed, BLOCK32, CODES32 } from "./bytes32";
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

/**
 * 16 rows times one token without unpacking, the same bits as bytes32.ts: added to out. With mins, blocks are Q4_1's.
 */
export function dot_nibbles(mins: bool, group: usize, blocks: i32, q: usize, scales: usize, sums: usize, out: usize): void {
  const mask = i8x16.splat(15), less = i16x8.splat(-8);
  for (; blocks > 0; blocks--, q += 16, scales += 4, sums += 4) {
    let a = i16x8.mul(v128.load32_splat(sums), less), b = a, c = a, d = a;
    let p = group + (mins ? 2 * SCALES : SCALES);
    for (const end = p + 256; p < end; p += 64, q += 4) {
      const x = v128.load32_splat(q), y = v128.load32_splat(q, 16);
      let w = v128.load(p);
      a = i16x8.add(i16x8.add(a, dot_pairs_i8_u7(x, v128.and(w, mask))), dot_pairs_i8_u7(y, v128.and(i16x8.shr_u(w, 4), mask)));
      w = v128.load(p, 16);
      b = i16x8.add(i16x8.add(b, dot_pairs_i8_u7(x, v128.and(w, mask))), dot_pairs_i8_u7(y, v128.and(i16x8.shr_u(w, 4), mask)));
      w = v128.load(p, 32);
      c = i16x8.add(i16x8.add(c, dot_pairs_i8_u7(x, v128.and(w, mask))), dot_pairs_i8_u7(y, v128.and(i16x8.shr_u(w, 4), mask)));
      w = v128.load(p, 48);
      d = i16x8.add(i16x8.add(d, dot_pairs_i8_u7(x, v128.and(w, mask))), dot_pairs_i8_u7(y, v128.and(i16x8.shr_u(w, 4), mask)));
    }
    const t = v128.load32_splat(scales);
    add_packed(out, a, group, mins, 8, t, sums);
    add_packed(out + 16, b, group + 8, mins, 8, t, sums);
    add_packed(out + 32, c, group + 16, mins, 8, t, sums);
    add_packed(out + 48, d, group + 24, mins, 8, t, sums);
    group = p;
  }
}
