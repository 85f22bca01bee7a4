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
import { add_dot } from "../simd/dot";
import { carried_nibbles, fifth, low_nibbles, splat0, splat1 } from "../simd/lanes";
import { BLOCK32, CODES32, finish_packed } from "./bytes32";
import { carry_nibbles, interleave_scales, interleave_words, SCALES, widen_scales } from "./group";

const FILE_BLOCK: usize = 22;
export const BLOCK_Q5_0: usize = 352;

export function pack_q5_0(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q5_0, src += FILE_BLOCK) {
    interleave_scales(src, stride, rows, 2, dst);
    pack_fifth_bits(src + 2, stride, rows, dst + SCALES);
    interleave_words(src + 6, stride, rows, 16, 16, dst + SCALES + 64, 0);
    carry_nibbles(dst + SCALES + 64, 256);
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
  for (const end = high + 64; high < end; high += 16, src += 16, dst += 16) {
    const h = v128.load(high), k = i16x8.mul(h, i16x8.splat(16));
    let bit = i8x16.splat(16);
    for (let j: usize = 0; j < 256; j += 64, bit = i8x16.add(bit, bit)) {
      const x = v128.load(src + j);
      v128.store(dst + j, v128.or(low_nibbles(x), fifth(k, bit)));
      v128.store(dst + j, v128.or(carried_nibbles(x), fifth(h, bit)), 256);
    }
  }
}

export function unpack_q5_0(src: usize, dst: usize, blocks: i32): void {
  const one = <i32>(blocks > 0);
  for (; blocks > 0; blocks--, src += BLOCK_Q5_0, dst += BLOCK32) {
    widen_scales(src, dst, one);
    unpack_fives(src + SCALES, src + SCALES + 64, dst + CODES32);
  }
}

/** One token times one group of each stream (table.ts) without unpacking, the same bits as bytes32.ts. With mins, blocks are Q5_1's. */
export function dot_fives(
  mins: bool, group: usize, streams: i32, apart: usize, blocks: i32, q: usize, scales: usize, sums: usize, out: usize, outApart: usize,
): void {
  const one = <i32>(blocks > 0), less = i16x8.splat(<i16>(-16 * one));
  const head: usize = mins ? 2 * SCALES : SCALES, last = out + <usize>streams * outApart;
  for (; blocks > 0; blocks--, group += head + 320, q += 32, scales += 4, sums += 4) {
    const start = i16x8.mul(v128.load32_splat(sums), less);
    let block = group, y = out;
    do {
      let a = start, b = a, c = a, d = a;
      const high = block + head;
      let p = high + 64, x = q, bit = i8x16.splat(16);
      for (const end = p + 256; p < end; p += 128, x += 8) {
        const low = v128.load64_splat(x), other = v128.load64_splat(x, 16);
        let u = splat0(low), v = splat0(other);
        a = add_fives(a, v128.load(p), v128.load(high), bit, u, v);
        b = add_fives(b, v128.load(p, 16), v128.load(high, 16), bit, u, v);
        c = add_fives(c, v128.load(p, 32), v128.load(high, 32), bit, u, v);
        d = add_fives(d, v128.load(p, 48), v128.load(high, 48), bit, u, v);
        bit = i8x16.add(bit, bit);
        u = splat1(low); v = splat1(other);
        a = add_fives(a, v128.load(p, 64), v128.load(high), bit, u, v);
        b = add_fives(b, v128.load(p, 80), v128.load(high, 16), bit, u, v);
        c = add_fives(c, v128.load(p, 96), v128.load(high, 32), bit, u, v);
        d = add_fives(d, v128.load(p, 112), v128.load(high, 48), bit, u, v);
        bit = i8x16.add(bit, bit);
      }
      finish_packed(mins, y, a, b, c, d, block, 16, v128.load32_splat(scales), sums, one);
      block += apart;
      y += outApart;
    } while (y < last);
  }
}

/** sum + x times the codes of w's low nibbles + y times those of the high ones; h: fifth bits, `bit` of them times 16 and as it is. */
// @ts-ignore: decorator
@inline
function add_fives(sum: v128, w: v128, h: v128, bit: v128, x: v128, y: v128): v128 {
  const k = i16x8.mul(h, i16x8.splat(16));
  return add_dot(add_dot(sum, x, v128.or(low_nibbles(w), fifth(k, bit))), y, v128.or(carried_nibbles(w), fifth(h, bit)));
}
