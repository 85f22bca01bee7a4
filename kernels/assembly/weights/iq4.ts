/**
 * IQ4_NL: blocks of 32 columns, 18 bytes a row in a file (ggml-common.h, block_iq4_nl):
 *
 *   | d: f16 | n[0] .. n[15]: low nibble column i, high nibble column i + 16 |          w = d level(n)
 *
 * Packed, 16 rows together, 288 bytes a block; j = 0 .. 3, v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f16 | j, v: bytes 4j .. 4j+3 of rows 4v .. 4v+3: 16 B | ...
 *
 * IQ4_XS: blocks of 256 columns, 136 bytes a row in a file (block_iq4_xs):
 *
 *   | d: f16 | high pairs of 8 scales: u16 | low nibbles of 8 scales: 4 B | nibbles of 32 columns: 16 B, eight times |
 *
 * w = d (scale - 32) level(n). Packed, 16 rows together, 2208 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | scale - 32 of rows 0 .. 15: i8, eight times | nibbles as in IQ4_NL: 256 B, eight times |
 */
import { whole_bias } from "../simd/dot";
import { carried_nibbles, low_nibbles, splat0, splat1, splat2 } from "../simd/lanes";
import { lookup } from "../simd/lookup";
import { add_scaled, carry_nibbles, even_scales, interleave_scales, interleave_words, odd_scales, SCALES, widen_scales, WORDS } from "./group";
import { add_whole, FOURS_BLOCK, FOURS_START, WHOLE, WHOLE_BLOCK } from "./whole32";

export const BLOCK_IQ4_NL: usize = 288;
export const BLOCK_IQ4_XS: usize = 2208;

/** kvalues_iq4nl of ggml-common.h, plus whole_bias. */
// @ts-ignore: decorator
@inline
function levels(one: i32): v128 {
  return v128.xor(i8x16(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113), i8x16.splat(<i8>whole_bias(one)));
}

/** Nibbles of 32 columns at src to levels. */
// @ts-ignore: decorator
@inline
function unpack_levels(src: usize, dst: usize, table: v128): void {
  for (const end = src + 256; src < end; src += 16, dst += 16) {
    const x = v128.load(src);
    v128.store(dst, lookup(table, low_nibbles(x)));
    v128.store(dst, lookup(table, carried_nibbles(x)), 256);
  }
}

function pack_nibbles(src: usize, stride: usize, rows: i32, bytes: usize, dst: usize): void {
  interleave_words(src, stride, rows, 16, bytes, dst, 0);
  carry_nibbles(dst, bytes << 4);
}

export function pack_iq4_nl(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * 18;
  for (let b = 0; b < blocks; b++, dst += BLOCK_IQ4_NL, src += 18) {
    interleave_scales(src, stride, rows, 2, dst);
    pack_nibbles(src + 2, stride, rows, 16, dst + SCALES);
  }
}

export function unpack_iq4_nl(src: usize, dst: usize, blocks: i32): void {
  const one = <i32>(blocks > 0), table = levels(one);
  for (; blocks > 0; blocks--, src += BLOCK_IQ4_NL, dst += WHOLE_BLOCK) {
    widen_scales(src, dst, one);
    unpack_levels(src + SCALES, dst + WHOLE, table);
  }
}

export function pack_iq4_xs(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * 136;
  for (let b = 0; b < blocks; b++, dst += BLOCK_IQ4_XS, src += 136) {
    interleave_scales(src, stride, rows, 2, dst);
    for (let r = 0; r < 16; r++) {
      const from = src + <usize>r * stride;
      for (let s = 0; s < 8; s++) {
        let scale = 0;
        if (r < rows) {
          const low = (<i32>load<u8>(from + 4 + <usize>(s >> 1)) >> ((s & 1) << 2)) & 15;
          scale = (low | (((<i32>load<u16>(from, 2) >> (s << 1)) & 3) << 4)) - 32;
        }
        store<i8>(dst + SCALES + <usize>(s << 4) + <usize>r, <i8>scale);
      }
    }
    pack_nibbles(src + 8, stride, rows, 128, dst + SCALES + 128);
  }
}

/** Eight blocks of 32 columns for each block; the product of d and a 6-bit scale is exact in f32. */
export function unpack_iq4_xs(src: usize, dst: usize, blocks: i32): void {
  const one = <i32>(blocks > 0), table = levels(one);
  for (; blocks > 0; blocks--, src += BLOCK_IQ4_XS) {
    // The first block's place for scales holds d until its own scales are known.
    widen_scales(src, dst, one);
    const d0 = v128.load(dst), d1 = v128.load(dst, 16), d2 = v128.load(dst, 32), d3 = v128.load(dst, 48);
    for (let s: usize = 0; s < 8; s++, dst += WHOLE_BLOCK) {
      const p = src + SCALES + (s << 4);
      v128.store(dst, scaled(d0, p));
      v128.store(dst, scaled(d1, p + 4), 16);
      v128.store(dst, scaled(d2, p + 8), 32);
      v128.store(dst, scaled(d3, p + 12), 48);
      unpack_levels(src + SCALES + 128 + (s << 8), dst + WHOLE, table);
    }
  }
}

// @ts-ignore: decorator
@inline
function scaled(d: v128, scales: usize): v128 {
  return f32x4.mul(d, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(scales)))));
}

/** One token times one group of each stream (table.ts) without unpacking, the same bits as whole32.ts. */
export function dot_iq4_nl(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, out: usize, outApart: usize): void {
  const one = <i32>(blocks > 0), table = levels(one), last = out + <usize>streams * outApart;
  for (; blocks > 0; blocks--, group += BLOCK_IQ4_NL, q += FOURS_BLOCK) {
    let block = group, y = out;
    do {
      const a = v128.load(block), b = v128.load(block, 16);
      dot_levels(block + SCALES, q, even_scales(a, one), odd_scales(a, one), even_scales(b, one), odd_scales(b, one), y, table);
      block += apart;
      y += outApart;
    } while (y < last);
  }
}

/** The same of IQ4_XS, 32 columns a turn. work: WORDS bytes a stream. */
export function dot_iq4_xs(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, out: usize, outApart: usize, work: usize): void {
  const one = <i32>(blocks > 0), table = levels(one), last = work + <usize>streams * WORDS;
  for (; blocks > 0; blocks--, group += BLOCK_IQ4_XS) {
    for (let block = group, w = work; w < last; block += apart, w += WORDS) widen_scales(block, w, one);
    for (let s: usize = 0; s < 8; s++, q += FOURS_BLOCK) {
      let y = out;
      for (let block = group, w = work; w < last; block += apart, w += WORDS, y += outApart) {
        const p = block + SCALES + (s << 4);
        const d0 = scaled(v128.load(w), p), d1 = scaled(v128.load(w, 16), p + 4), d2 = scaled(v128.load(w, 32), p + 8), d3 = scaled(v128.load(w, 48), p + 12);
        dot_levels(block + SCALES + 128 + (s << 8), q, d0, d1, d2, d3, y, table);
      }
    }
  }
}

/** 32 columns of 16 rows with scales s0 .. s3. */
// @ts-ignore: decorator
@inline
function dot_levels(p: usize, q: usize, s0: v128, s1: v128, s2: v128, s3: v128, out: usize, table: v128): void {
  let a = v128.load32_splat(q + FOURS_START), b = a, c = a, d = a;
  for (const end = p + 256; p < end; p += 128, q += 16) {
    const low = v128.load(q), high = v128.load(q, 32);
    a = add_levels(a, v128.load(p), v128.load(p, 64), low, high, table);
    b = add_levels(b, v128.load(p, 16), v128.load(p, 80), low, high, table);
    c = add_levels(c, v128.load(p, 32), v128.load(p, 96), low, high, table);
    d = add_levels(d, v128.load(p, 48), v128.load(p, 112), low, high, table);
  }
  add_scaled(out, a, b, c, d, s0, s1, s2, s3);
}

/** sum + the levels of low nibbles of w and z times eight columns' activations + those of the high ones times eight others. */
// @ts-ignore: decorator
@inline
function add_levels(sum: v128, w: v128, z: v128, low: v128, high: v128, table: v128): v128 {
  sum = add_whole(sum, lookup(table, low_nibbles(w)), lookup(table, low_nibbles(z)), splat0(low), splat1(low), splat2(low));
  return add_whole(sum, lookup(table, carried_nibbles(w)), lookup(table, carried_nibbles(z)), splat0(high), splat1(high), splat2(high));
}
