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
import { add_dot } from "../simd/dot";
import { carried_nibbles, low_nibbles } from "../simd/lanes";
import { lookup } from "../simd/lookup";
import { BLOCK32, CODES32 } from "./bytes32";
import { add_scaled, carry_nibbles, interleave_words } from "./group";

const FILE_BLOCK: usize = 17;
export const BLOCK_MXFP4: usize = 272;

export function pack_mxfp4(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_MXFP4, src += FILE_BLOCK) {
    for (let r = 0; r < 16; r++) store<u8>(dst + <usize>r, r < rows ? load<u8>(src + <usize>r * stride) : 0);
    interleave_words(src + 1, stride, rows, 16, 16, dst + 16, 0);
    carry_nibbles(dst + 16, 256);
  }
}

/** 2^(e - 128) of four bytes at p, of which the smallest two are subnormal. */
// @ts-ignore: decorator
@inline
function scales_of(p: usize, one: i32): v128 {
  const e = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(p)));
  const quarter = i32x4.splat(one << 21);
  // 2^-126 is the least normal number: from there on the exponent is e - 1, below it are a quarter and a half of it.
  return i32x4.max_s(i32x4.mul(i32x4.sub(e, i32x4.splat(one)), i32x4.splat(one << 23)), i32x4.add(quarter, i32x4.mul(i32x4.min_s(e, i32x4.splat(one)), quarter)));
}

/** Levels 0 1 2 3 4 6 8 12 0 -1 -2 -3 -4 -6 -8 -12, plus 12. */
// @ts-ignore: decorator
@inline
function codes(): v128 {
  return i8x16(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0);
}

export function unpack_mxfp4(src: usize, dst: usize, blocks: i32): void {
  const one = <i32>(blocks > 0);
  const table = codes();
  for (; blocks > 0; blocks--, dst += BLOCK32) {
    for (let r: usize = 0; r < 16; r += 4) v128.store(dst + (r << 2), scales_of(src + r, one));
    let to = dst + CODES32;
    const end = src + BLOCK_MXFP4;
    for (src += 16; src < end; src += 16, to += 16) {
      const x = v128.load(src);
      v128.store(to, lookup(table, low_nibbles(x)));
      v128.store(to, lookup(table, carried_nibbles(x)), 256);
    }
  }
}

/** One token times one group of each stream (table.ts) without unpacking, the same bits as bytes32.ts. */
export function dot_mxfp4(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, scales: usize, sums: usize, out: usize, outApart: usize): void {
  const less = i16x8.splat(-12), one = <i32>(blocks > 0), table = codes(), last = out + <usize>streams * outApart;
  for (; blocks > 0; blocks--, group += BLOCK_MXFP4, q += 32, scales += 4, sums += 4) {
    const start = i16x8.mul(v128.load32_splat(sums), less);
    let block = group, y = out;
    do {
      let a = start, b = a, c = a, d = a;
      let p = block + 16, x = q;
      for (const end = p + 256; p < end; p += 64, x += 4) {
        const u = v128.load32_splat(x), v = v128.load32_splat(x, 16);
        a = add_levels(a, v128.load(p), u, v, table);
        b = add_levels(b, v128.load(p, 16), u, v, table);
        c = add_levels(c, v128.load(p, 32), u, v, table);
        d = add_levels(d, v128.load(p, 48), u, v, table);
      }
      const s = v128.load32_splat(scales);
      const d0 = scales_of(block, one), d1 = scales_of(block + 4, one), d2 = scales_of(block + 8, one), d3 = scales_of(block + 12, one);
      add_scaled(y, i32x4.dot_i16x8_s(a, s), i32x4.dot_i16x8_s(b, s), i32x4.dot_i16x8_s(c, s), i32x4.dot_i16x8_s(d, s), d0, d1, d2, d3);
      block += apart;
      y += outApart;
    } while (y < last);
  }
}

/** sum + x times the levels of w's low nibbles + y times those of the high ones. */
// @ts-ignore: decorator
@inline
function add_levels(sum: v128, w: v128, x: v128, y: v128, table: v128): v128 {
  return add_dot(add_dot(sum, x, lookup(table, low_nibbles(w))), y, lookup(table, carried_nibbles(w)));
}
