/**
 * Q3_K: blocks of 256 columns, 110 bytes a row in a file (ggml-common.h, block_q3_K):
 *
 *   | third bits: 32 B, bit k of byte l for column 32 k + l | low pairs as in Q2_K: 64 B | 16 scales of 6 bits: 12 B | d: f16 |
 *
 *   w = d (scale - 32) (n - 4)
 *
 * Packed, 16 rows together, 1824 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | scale - 32 of row 0 .. 15: i8, sixteen times |
 *   | i, v: third-bit bytes 4i .. 4i+3 of rows 4v .. 4v+3: 16 B | ... | i, v: low bytes 4i .. 4i+3 of rows 4v .. 4v+3 | ...
 */
import { add_dot } from "../simd/dot";
import { f32x4_from_u16_lanes } from "../simd/half";
import { down_2, fifth, high_nibbles, splat0, splat1 } from "../simd/lanes";
import { add_exact, CODES256, RECORD, SCALES256, SUMS, spread_scales } from "./bytes256";
import { interleave_halves, interleave_words, SCALES, widen_scales } from "./group";

const FILE_BLOCK: usize = 110;
export const BLOCK_Q3_K: usize = 1824;
const HIGH: usize = 288;

export function pack_q3_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q3_K, src += FILE_BLOCK) {
    interleave_halves(src + 108, stride, rows, 2, dst);
    for (let r: usize = 0; r < 16; r++) {
      const from = src + r * stride + 96;
      for (let s: usize = 0; s < 16; s++) {
        let scale = 0;
        if (<i32>r < rows) {
          const low = s < 8 ? <i32>load<u8>(from + s) & 15 : <i32>load<u8>(from + s - 8) >> 4;
          scale = (low | (((<i32>load<u8>(from + 8 + (s & 3)) >> (<i32>(s >> 2) << 1)) & 3) << 4)) - 32;
        }
        store<i8>(dst + SCALES + (s << 4) + r, <i8>scale);
      }
    }
    interleave_words(src, stride, rows, 16, 96, dst + HIGH, 0);
  }
}

export function unpack_q3_k(src: usize, dst: usize): void {
  const one = <i32>(src != 0);
  widen_scales(src, dst, one);
  for (let s: usize = 0; s < 16; s++) spread_scales(v128.load(src + SCALES + (s << 4)), dst + SCALES256 + (s << 6));
  const pair = i8x16.splat(3), bit = i8x16.splat(4);
  let to = dst + CODES256;
  for (let k = 0; k < 8; k++) {
    let high = src + HIGH;
    let low = src + HIGH + 512 + (<usize>(k >> 2) << 9);
    const shift = (k & 3) << 1;
    for (const end = high + 512; high < end; high += 16, low += 16, to += 16) {
      const h = i16x8.shl(i16x8.shr_u(v128.load(high), k), 2);
      v128.store(to, v128.or(v128.and(i16x8.shr_u(v128.load(low), shift), pair), v128.and(h, bit)));
    }
  }
}

/** 16 rows times one token without unpacking, the same bits as bytes256.ts: added to out. work: 1024 bytes. */
export function dot_q3_k(group: usize, blocks: i32, q: usize, record: usize, out: usize, work: usize): void {
  const one = <i32>(blocks > 0);
  for (; blocks > 0; blocks--, record += RECORD, q += 256, group += BLOCK_Q3_K) {
    for (let s: usize = 0; s < 16; s++) spread_scales(v128.load(group + SCALES + (s << 4)), work + (s << 6));
    const t = v128.load32_splat(record);
    for (let v: usize = 0; v < 64; v += 16) {
      const p = group + HIGH + v;
      const sum = i32x4.add(sixteens(p, q, record + SUMS, work + v), sixteens(p + 256, q + 16, record + SUMS + 4, work + 64 + v));
      add_exact(out + v, sum, f32x4_from_u16_lanes(v128.load_ext<u16>(group + (v >> 1)), one), t);
    }
  }
}

/** Four rows times the first 16 of each 32 columns: the exact sum. Codes are taken times four, where their bits lie anyway. */
function sixteens(p: usize, q: usize, sums: usize, scales: usize): v128 {
  const less = i16x8.splat(-16);
  let a = i16x8.mul(v128.load32_splat(sums), less), b = i16x8.mul(v128.load32_splat(sums, 8), less);
  let c = i16x8.mul(v128.load32_splat(sums, 16), less), d = i16x8.mul(v128.load32_splat(sums, 24), less);
  let e = i16x8.mul(v128.load32_splat(sums, 32), less), f = i16x8.mul(v128.load32_splat(sums, 40), less);
  let g = i16x8.mul(v128.load32_splat(sums, 48), less), h = i16x8.mul(v128.load32_splat(sums, 56), less);
  for (const end = p + 256; p < end; p += 128, q += 8) {
    let k = v128.load(p), m = i16x8.mul(k, i16x8.splat(16)), w = v128.load(p, 512);
    a = add_dot(a, splat0(v128.load64_splat(q)), v128.or(quad(w), fifth(m, i8x16.splat(16))));
    b = add_dot(b, splat0(v128.load64_splat(q, 32)), v128.or(v128.and(w, i8x16.splat(12)), fifth(m, i8x16.splat(32))));
    c = add_dot(c, splat0(v128.load64_splat(q, 64)), v128.or(down_2(v128.and(w, i8x16.splat(48))), fifth(m, i8x16.splat(64))));
    d = add_dot(d, splat0(v128.load64_splat(q, 96)), v128.or(v128.and(high_nibbles(w), i8x16.splat(12)), fifth(m, i8x16.splat(<i8>128))));
    w = v128.load(p, 1024);
    e = add_dot(e, splat0(v128.load64_splat(q, 128)), v128.or(quad(w), fifth(k, i8x16.splat(16))));
    f = add_dot(f, splat0(v128.load64_splat(q, 160)), v128.or(v128.and(w, i8x16.splat(12)), fifth(k, i8x16.splat(32))));
    g = add_dot(g, splat0(v128.load64_splat(q, 192)), v128.or(down_2(v128.and(w, i8x16.splat(48))), fifth(k, i8x16.splat(64))));
    h = add_dot(h, splat0(v128.load64_splat(q, 224)), v128.or(v128.and(high_nibbles(w), i8x16.splat(12)), fifth(k, i8x16.splat(<i8>128))));
    k = v128.load(p, 64); m = i16x8.mul(k, i16x8.splat(16)); w = v128.load(p, 576);
    a = add_dot(a, splat1(v128.load64_splat(q)), v128.or(quad(w), fifth(m, i8x16.splat(16))));
    b = add_dot(b, splat1(v128.load64_splat(q, 32)), v128.or(v128.and(w, i8x16.splat(12)), fifth(m, i8x16.splat(32))));
    c = add_dot(c, splat1(v128.load64_splat(q, 64)), v128.or(down_2(v128.and(w, i8x16.splat(48))), fifth(m, i8x16.splat(64))));
    d = add_dot(d, splat1(v128.load64_splat(q, 96)), v128.or(v128.and(high_nibbles(w), i8x16.splat(12)), fifth(m, i8x16.splat(<i8>128))));
    w = v128.load(p, 1088);
    e = add_dot(e, splat1(v128.load64_splat(q, 128)), v128.or(quad(w), fifth(k, i8x16.splat(16))));
    f = add_dot(f, splat1(v128.load64_splat(q, 160)), v128.or(v128.and(w, i8x16.splat(12)), fifth(k, i8x16.splat(32))));
    g = add_dot(g, splat1(v128.load64_splat(q, 192)), v128.or(down_2(v128.and(w, i8x16.splat(48))), fifth(k, i8x16.splat(64))));
    h = add_dot(h, splat1(v128.load64_splat(q, 224)), v128.or(v128.and(high_nibbles(w), i8x16.splat(12)), fifth(k, i8x16.splat(<i8>128))));
  }
  let sum = i32x4.dot_i16x8_s(a, v128.load(scales));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(b, v128.load(scales, 128)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(c, v128.load(scales, 256)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(d, v128.load(scales, 384)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(e, v128.load(scales, 512)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(f, v128.load(scales, 640)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(g, v128.load(scales, 768)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(h, v128.load(scales, 896)));
  return i32x4.shr_s(sum, 2);
}

/** The low two bits of each byte, times four. */
// @ts-ignore: decorator
@inline
function quad(w: v128): v128 {
  return i16x8.mul(v128.and(w, i8x16.splat(3)), i16x8.splat(4));
}
