/**
 * Q4_0: blocks of 32 columns, 18 bytes a row in a file (ggml-common.h, block_q4_0):
 *
 *   | d: f16 | n[0] .. n[15]: low nibble column i, high nibble column i + 16 |          w = d (n - 8)
 *
 * Packed, 16 rows together, 288 bytes a block; j = 0 .. 3, v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f16 | j, v: bytes 4j .. 4j+3 of rows 4v .. 4v+3: 16 B | ...
 *
 * Nibbles here, and of all types that have any, are as carry_nibbles (group.ts) leaves them.
 */
import { add_dot } from "../simd/dot";
import { carried_nibbles, low_nibbles } from "../simd/lanes";
import { BLOCK32, CODES32, finish_packed } from "./bytes32";
import { carry_nibbles, interleave_scales, interleave_words, SCALES, widen_scales } from "./group";

const FILE_BLOCK: usize = 18;
export const BLOCK_Q4_0: usize = 288;

export function pack_q4_0(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q4_0, src += FILE_BLOCK) {
    interleave_scales(src, stride, rows, 2, dst);
    interleave_words(src + 2, stride, rows, 16, 16, dst + SCALES, 0x88888888);
    carry_nibbles(dst + SCALES, 256);
  }
}

/** Nibble vectors at src to codes: low ones to dst, high ones to dst + 256. */
// @ts-ignore: decorator
@inline
export function unpack_nibbles(src: usize, dst: usize): void {
  for (const end = src + 256; src < end; src += 16, dst += 16) {
    const x = v128.load(src);
    v128.store(dst, low_nibbles(x));
    v128.store(dst, carried_nibbles(x), 256);
  }
}

export function unpack_q4_0(src: usize, dst: usize, blocks: i32): void {
  const one = <i32>(blocks > 0);
  for (; blocks > 0; blocks--, src += BLOCK_Q4_0, dst += BLOCK32) {
    widen_scales(src, dst, one);
    unpack_nibbles(src + SCALES, dst + CODES32);
  }
}

/** One token times one group of each stream (table.ts) without unpacking, the same bits as bytes32.ts. With mins, blocks are Q4_1's. */
export function dot_nibbles(
  mins: bool, group: usize, streams: i32, apart: usize, blocks: i32, q: usize, scales: usize, sums: usize, out: usize, outApart: usize,
): void {
  const one = <i32>(blocks > 0), less = i16x8.splat(<i16>(-8 * one));
  const head: usize = mins ? 2 * SCALES : SCALES, last = out + <usize>streams * outApart;
  for (; blocks > 0; blocks--, group += head + 256, q += 32, scales += 4, sums += 4) {
    const start = i16x8.mul(v128.load32_splat(sums), less);
    let block = group, y = out;
    do {
      let a = start, b = a, c = a, d = a;
      let p = block + head, x = q;
      const end = p + 256;
      do {
        const u = v128.load32_splat(x), v = v128.load32_splat(x + 16);
        a = add_nibbles(a, v128.load(p), u, v);
        b = add_nibbles(b, v128.load(p, 16), u, v);
        c = add_nibbles(c, v128.load(p, 32), u, v);
        d = add_nibbles(d, v128.load(p, 48), u, v);
        p += 64;
        x += 4;
      } while (p < end);
      finish_packed(mins, y, a, b, c, d, block, 8, v128.load32_splat(scales), sums, one);
      block += apart;
      y += outApart;
    } while (y < last);
  }
}

/** sum + x times the low nibbles of w + y times the high ones. */
// @ts-ignore: decorator
@inline
function add_nibbles(sum: v128, w: v128, x: v128, y: v128): v128 {
  return add_dot(add_dot(sum, x, low_nibbles(w)), y, carried_nibbles(w));
}
