/**
 * Q5_0: blocks of 32 columns, 22 bytes a row in a file (ggml-common.h, block_q5_0):
 *
 *   | d: f16 | fifth bits: u32, bit i of column i | nibbles as in Q4_0: 16 B |          w = d (n - 16)
 *
 * Packed, 16 rows together, 352 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | v: fifth bits of rows 4v .. 4v+3: 16 B | nibbles as in Q4_0: 256 B |
 *
 * where byte k of a row's four bytes has bit j for column 4j + k.
 */
import { dot_pairs_i8_u7 } from "../simd/dot";
import { add_packed, BLOCK32, CODES32 } from "./bytes32";
import { interleave_halves, interleave_words, SCALES, widen_scales } from "./group";

const FILE_BLOCK: usize = 22;
export const BLOCK_Q5_0: usize = 352;

export function pack_q5_0(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q5_0, src += FILE_BLOCK) {
    interleave_halves(src, stride, rows, 2, dst);
    pack_fifth_bits(src + 2, stride, rows, dst + SCALES);
    interleave_words(src + 6, stride, rows, 16, dst + SCALES + 64, 0);
  }
}

/** Rows' fifth bits, bit 4j + k to bit j of byte k. */
export function pack_fifth_bits(src: usize, stride: usize, rows: i32, dst: usize): void {
  for (let r = 0; r < 16; r++, src += stride, dst += 4) {
    if (r >= rows) {
      store<u32>(dst, 0);
      continue;
    }
    const bits = load<u32>(src);
    let out: u32 = 0;
    for (let k: u32 = 0; k < 4; k++) {
      const every = (bits >> k) & 0x11111111;
      // Bits 0, 4, .. 28 into one byte.
      const pairs = (every | (every >> 3)) & 0x03030303;
      const fours = (pairs | (pairs >> 6)) & 0x000f000f;
      out |= ((fours | (fours >> 12)) & 0xff) << (k << 3);
    }
    store<u32>(dst, out);
  }
}

/** Fifth bits (64 bytes at high) and nibbles to codes. */
// @ts-ignore: decorator
@inline
export function unpack_fives(high: usize, src: usize, dst: usize): void {
  const mask = i8x16.splat(15), bit = i8x16.splat(16);
  for (const end = high + 64; high < end; high += 16, src += 16, dst += 16) {
    let h = v128.load(high);
    for (let j: usize = 0; j < 256; j += 64) {
      const x = v128.load(src + j);
      v128.store(dst + j, v128.or(v128.and(x, mask), v128.and(i16x8.shl(h, 4), bit)));
      v128.store(dst + j, v128.or(i8x16.shr_u(x, 4), v128.and(h, bit)), 256);
      h = i16x8.shr_u(h, 1);
    }
  }
}

export function unpack_q5_0(src: usize, dst: usize, blocks: i32): void {
  for (; blocks > 0; blocks--, src += BLOCK_Q5_0, dst += BLOCK32) {
    widen_scales(src, dst);
    unpack_fives(src + SCALES, src + SCALES + 64, dst + CODES32);
  }
}

/**
 * 16 rows times one token without unpacking, the same bits as bytes32.ts: added to out. With mins, blocks are Q5_1's.
 */
export function dot_fives(mins: bool, group: usize, blocks: i32, q: usize, scales: usize, sums: usize, out: usize): void {
  const mask = i8x16.splat(15), bit = i8x16.splat(16), less = i16x8.splat(-16);
  for (; blocks > 0; blocks--, q += 32, scales += 4, sums += 4) {
    const start = i16x8.mul(v128.load32_splat(sums), less), t = v128.load32_splat(scales);
    const high = group + (mins ? 2 * SCALES : SCALES);
    for (let v: usize = 0; v < 64; v += 16) {
      const h = v128.load(high + v), p = high + 64 + v;
      let x = v128.load(p);
      let a = i16x8.add(start, dot_pairs_i8_u7(v128.load32_splat(q), v128.or(v128.and(x, mask), v128.and(i16x8.shl(h, 4), bit))));
      let b = dot_pairs_i8_u7(v128.load32_splat(q, 16), v128.or(v128.and(i16x8.shr_u(x, 4), mask), v128.and(h, bit)));
      x = v128.load(p, 64);
      a = i16x8.add(a, dot_pairs_i8_u7(v128.load32_splat(q, 4), v128.or(v128.and(x, mask), v128.and(i16x8.shl(h, 3), bit))));
      b = i16x8.add(b, dot_pairs_i8_u7(v128.load32_splat(q, 20), v128.or(v128.and(i16x8.shr_u(x, 4), mask), v128.and(i16x8.shr_u(h, 1), bit))));
      x = v128.load(p, 128);
      a = i16x8.add(a, dot_pairs_i8_u7(v128.load32_splat(q, 8), v128.or(v128.and(x, mask), v128.and(i16x8.shl(h, 2), bit))));
      b = i16x8.add(b, dot_pairs_i8_u7(v128.load32_splat(q, 24), v128.or(v128.and(i16x8.shr_u(x, 4), mask), v128.and(i16x8.shr_u(h, 2), bit))));
      x = v128.load(p, 192);
      a = i16x8.add(a, dot_pairs_i8_u7(v128.load32_splat(q, 12), v128.or(v128.and(x, mask), v128.and(i16x8.shl(h, 1), bit))));
      b = i16x8.add(b, dot_pairs_i8_u7(v128.load32_splat(q, 28), v128.or(v128.and(i16x8.shr_u(x, 4), mask), v128.and(i16x8.shr_u(h, 3), bit))));
      add_packed(out + v, i16x8.add(a, b), group + (v >> 1), mins, 16, t, sums);
    }
    group = high + 320;
  }
}
