/**
 * MXFP4: blocks of 32 columns, 17 bytes a row in a file (ggml-common.h, block_mxfp4; OCP Microscaling Formats 1.0):
 *
 *   | e: E8M0 | nibbles as in Q4_0, each an E2M1 float: 16 B |          w = 2^(e - 128) level(n)
 *
 * with the levels doubled to be integers, -12 .. 12. Packed, 16 rows together, 272 bytes a block:
 *
 *   | e of row 0 .. 15 | nibbles as in Q4_0: 256 B |
 *
 * Unpacked codes are level + 12.
 */
import { dot_pairs_i8_u7 } from "../simd/dot";
import { lookup } from "../simd/lookup";
import { BLOCK32, CODES32 } from "./bytes32";
import { add_scaled, interleave_words } from "./group";

const FILE_BLOCK: usize = 17;
export const BLOCK_MXFP4: usize = 272;

export function pack_mxfp4(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_MXFP4, src += FILE_BLOCK) {
    for (let r = 0; r < 16; r++) store<u8>(dst + <usize>r, r < rows ? load<u8>(src + <usize>r * stride) : 0);
    interleave_words(src + 1, stride, rows, 16, dst + 16, 0);
  }
}

/** 2^(e - 128) of four bytes at p, of which the smallest two are subnormal. */
// @ts-ignore: decorator
@inline
function scales_of(p: usize): v128 {
  const e = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(p)));
  const one = i32x4.splat(1);
  const small = i32x4.add(i32x4.splat(0x00200000), i32x4.mul(e, i32x4.splat(0x00200000)));
  return v128.bitselect(i32x4.shl(i32x4.sub(e, one), 23), small, i32x4.gt_s(e, one));
}

/** Levels 0 1 2 3 4 6 8 12 0 -1 -2 -3 -4 -6 -8 -12, plus 12. */
// @ts-ignore: decorator
@inline
function codes(): v128 {
  return i8x16(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0);
}

export function unpack_mxfp4(src: usize, dst: usize, blocks: i32): void {
  const mask = i8x16.splat(15), table = codes();
  for (; blocks > 0; blocks--, dst += BLOCK32) {
    for (let r: usize = 0; r < 16; r += 4) v128.store(dst + (r << 2), scales_of(src + r));
    let to = dst + CODES32;
    const end = src + BLOCK_MXFP4;
    for (src += 16; src < end; src += 16, to += 16) {
      const x = v128.load(src);
      v128.store(to, lookup(table, v128.and(x, mask)));
      v128.store(to, lookup(table, i8x16.shr_u(x, 4)), 256);
    }
  }
}

/** 16 rows times one token without unpacking, the same bits as bytes32.ts: added to out. */
export function dot_mxfp4(group: usize, blocks: i32, q: usize, scales: usize, sums: usize, out: usize): void {
  const mask = i8x16.splat(15), less = i16x8.splat(-12), table = codes();
  for (; blocks > 0; blocks--, q += 16, scales += 4, sums += 4) {
    let a = i16x8.mul(v128.load32_splat(sums), less), b = a, c = a, d = a;
    let p = group + 16;
    for (const end = p + 256; p < end; p += 64, q += 4) {
      const x = v128.load32_splat(q), y = v128.load32_splat(q, 16);
      let w = v128.load(p);
      a = i16x8.add(i16x8.add(a, dot_pairs_i8_u7(x, lookup(table, v128.and(w, mask)))), dot_pairs_i8_u7(y, lookup(table, v128.and(i16x8.shr_u(w, 4), mask))));
      w = v128.load(p, 16);
      b = i16x8.add(i16x8.add(b, dot_pairs_i8_u7(x, lookup(table, v128.and(w, mask)))), dot_pairs_i8_u7(y, lookup(table, v128.and(i16x8.shr_u(w, 4), mask))));
      w = v128.load(p, 32);
      c = i16x8.add(i16x8.add(c, dot_pairs_i8_u7(x, lookup(table, v128.and(w, mask)))), dot_pairs_i8_u7(y, lookup(table, v128.and(i16x8.shr_u(w, 4), mask))));
      w = v128.load(p, 48);
      d = i16x8.add(i16x8.add(d, dot_pairs_i8_u7(x, lookup(table, v128.and(w, mask)))), dot_pairs_i8_u7(y, lookup(table, v128.and(i16x8.shr_u(w, 4), mask))));
    }
    const t = v128.load32_splat(scales);
    add_scaled(out, i32x4.extadd_pairwise_i16x8_s(a), scales_of(group), t);
    add_scaled(out + 16, i32x4.extadd_pairwise_i16x8_s(b), scales_of(group + 4), t);
    add_scaled(out + 32, i32x4.extadd_pairwise_i16x8_s(c), scales_of(group + 8), t);
    add_scaled(out + 48, i32x4.extadd_pairwise_i16x8_s(d), scales_of(group + 12), t);
    group = p;
  }
}
