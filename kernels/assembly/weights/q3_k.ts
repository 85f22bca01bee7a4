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
import { dot_pairs_i8_u7 } from "../simd/dot";
import { load_f16x4 } from "../simd/half";
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
    interleave_words(src, stride, rows, 96, dst + HIGH, 0);
  }
}

export function unpack_q3_k(src: usize, dst: usize): void {
  widen_scales(src, dst);
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
  for (; blocks > 0; blocks--, record += RECORD, q += 256, group += BLOCK_Q3_K) {
    for (let s: usize = 0; s < 16; s++) spread_scales(v128.load(group + SCALES + (s << 4)), work + (s << 6));
    const t = v128.load32_splat(record);
    for (let v: usize = 0; v < 64; v += 16) {
      const p = group + HIGH + v;
      const sum = i32x4.add(sixteens(p, q, record + SUMS, work + v), sixteens(p + 256, q + 16, record + SUMS + 4, work + 64 + v));
      add_exact(out + v, sum, load_f16x4(group + (v >> 1)), t);
    }
  }
}

/** Four rows times the first 16 of each 32 columns: the exact sum. */
function sixteens(p: usize, q: usize, sums: usize, scales: usize): v128 {
  const pair = i8x16.splat(3), bit = i8x16.splat(4), less = i16x8.splat(-4);
  let a = i16x8.mul(v128.load32_splat(sums), less), b = i16x8.mul(v128.load32_splat(sums, 8), less);
  let c = i16x8.mul(v128.load32_splat(sums, 16), less), d = i16x8.mul(v128.load32_splat(sums, 24), less);
  let e = i16x8.mul(v128.load32_splat(sums, 32), less), f = i16x8.mul(v128.load32_splat(sums, 40), less);
  let g = i16x8.mul(v128.load32_splat(sums, 48), less), h = i16x8.mul(v128.load32_splat(sums, 56), less);
  for (const end = p + 256; p < end; p += 64, q += 4) {
    const k = v128.load(p);
    let w = v128.load(p, 512);
    a = i16x8.add(a, dot_pairs_i8_u7(v128.load32_splat(q), v128.or(v128.and(w, pair), v128.and(i16x8.shl(k, 2), bit))));
    b = i16x8.add(b, dot_pairs_i8_u7(v128.load32_splat(q, 32), v128.or(v128.and(i16x8.shr_u(w, 2), pair), v128.and(i16x8.shl(k, 1), bit))));
    c = i16x8.add(c, dot_pairs_i8_u7(v128.load32_splat(q, 64), v128.or(v128.and(i16x8.shr_u(w, 4), pair), v128.and(k, bit))));
    d = i16x8.add(d, dot_pairs_i8_u7(v128.load32_splat(q, 96), v128.or(v128.and(i16x8.shr_u(w, 6), pair), v128.and(i16x8.shr_u(k, 1), bit))));
    w = v128.load(p, 1024);
    e = i16x8.add(e, dot_pairs_i8_u7(v128.load32_splat(q, 128), v128.or(v128.and(w, pair), v128.and(i16x8.shr_u(k, 2), bit))));
    f = i16x8.add(f, dot_pairs_i8_u7(v128.load32_splat(q, 160), v128.or(v128.and(i16x8.shr_u(w, 2), pair), v128.and(i16x8.shr_u(k, 3), bit))));
    g = i16x8.add(g, dot_pairs_i8_u7(v128.load32_splat(q, 192), v128.or(v128.and(i16x8.shr_u(w, 4), pair), v128.and(i16x8.shr_u(k, 4), bit))));
    h = i16x8.add(h, dot_pairs_i8_u7(v128.load32_splat(q, 224), v128.or(v128.and(i16x8.shr_u(w, 6), pair), v128.and(i16x8.shr_u(k, 5), bit))));
  }
  let sum = i32x4.dot_i16x8_s(a, v128.load(scales));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(b, v128.load(scales, 128)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(c, v128.load(scales, 256)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(d, v128.load(scales, 384)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(e, v128.load(scales, 512)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(f, v128.load(scales, 640)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(g, v128.load(scales, 768)));
  return i32x4.add(sum, i32x4.dot_i16x8_s(h, v128.load(scales, 896)));
}
