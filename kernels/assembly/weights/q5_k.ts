/**
 * Q5_K: blocks of 256 columns, 176 bytes a row in a file (ggml-common.h, block_q5_K):
 *
 *   | head as in Q4_K: 16 B | fifth bits: 32 B, bit k of byte l for column 32 k + l | nibbles as in Q4_K: 128 B |
 *
 *   w = d scale n - dmin minimum
 *
 * Packed, 16 rows together, 2880 bytes a block:
 *
 *   | head as in Q4_K: 320 B | i, v: fifth-bit bytes 4i .. 4i+3 of rows 4v .. 4v+3: 16 B | ... | nibbles as in Q4_K |
 */
import { dot_pairs_i8_u7 } from "../simd/dot";
import { CODES256, RECORD, spread_scales } from "./bytes256";
import { ahead_of, interleave_words, SCALES, touch } from "./group";
import { add_two_steps, end_block_k4, HEAD_K4, pack_head_k4, unpack_head_k4 } from "./q4_k";

const FILE_BLOCK: usize = 176;
export const BLOCK_Q5_K: usize = 2880;

export function pack_q5_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q5_K, src += FILE_BLOCK) {
    pack_head_k4(src, stride, rows, dst);
    interleave_words(src + 16, stride, rows, 160, dst + HEAD_K4, 0);
  }
}

export function unpack_q5_k(src: usize, dst: usize): void {
  unpack_head_k4(src, dst, 2);
  const mask = i8x16.splat(15), bit = i8x16.splat(16);
  let p = src + HEAD_K4 + 512;
  let to = dst + CODES256;
  for (let shift = 0; shift < 8; shift += 2, to += 512) {
    let high = src + HEAD_K4;
    for (const end = high + 512; high < end; high += 16, p += 16, to += 16) {
      const x = v128.load(p);
      const h = i16x8.shl(i16x8.shr_u(v128.load(high), shift), 3);
      v128.store(to, v128.or(v128.and(x, mask), v128.and(i16x8.shl(h, 1), bit)));
      v128.store(to, v128.or(i8x16.shr_u(x, 4), v128.and(h, bit)), 512);
    }
  }
}

/**
 * 16 rows times one token without unpacking, the same bits as bytes256.ts: added to out. work: 256 bytes.
 * Runs of 16 columns are summed in 16 bits, two runs of a scale one after another.
 */
export function dot_q5_k(group: usize, blocks: i32, q: usize, record: usize, out: usize, work: usize): void {
  const ahead = ahead_of(group + <usize>blocks * BLOCK_Q5_K);
  let next = group + ahead;
  for (; blocks > 0; blocks--, record += RECORD) {
    memory.fill(work, 0, 64);
    let scale = group + 2 * SCALES;
    let p = group + HEAD_K4 + 512;
    for (let shift = 0; shift < 8; shift += 2, scale += 32, q += 32) {
      spread_scales(v128.load(scale), work + 64);
      spread_scales(v128.load(scale, 16), work + 128);
      for (const end = next + 720; next < end; next += 180) touch(next, work + 192);
      half_step(p, group + HEAD_K4, q, shift, work);
      half_step(p + 256, group + HEAD_K4 + 256, q + 16, shift, work);
      p += 512;
      q += 32;
    }
    end_block_k4(group, record, out, work);
    group = p;
  }
}

/** 16 columns at q and 16 at q + 32. */
function half_step(p: usize, high: usize, q: usize, shift: i32, work: usize): void {
  const mask = i8x16.splat(15), bit = i8x16.splat(16);
  let a = i16x8.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (const end = p + 256; p < end; p += 64, high += 64, q += 4) {
    const x = v128.load32_splat(q), y = v128.load32_splat(q, 32);
    let w = v128.load(p);
    let k = i16x8.shl(i16x8.shr_u(v128.load(high), shift), 3);
    a = i16x8.add(a, dot_pairs_i8_u7(x, v128.or(v128.and(w, mask), v128.and(i16x8.shl(k, 1), bit))));
    e = i16x8.add(e, dot_pairs_i8_u7(y, v128.or(v128.and(i16x8.shr_u(w, 4), mask), v128.and(k, bit))));
    w = v128.load(p, 16);
    k = i16x8.shl(i16x8.shr_u(v128.load(high, 16), shift), 3);
    b = i16x8.add(b, dot_pairs_i8_u7(x, v128.or(v128.and(w, mask), v128.and(i16x8.shl(k, 1), bit))));
    f = i16x8.add(f, dot_pairs_i8_u7(y, v128.or(v128.and(i16x8.shr_u(w, 4), mask), v128.and(k, bit))));
    w = v128.load(p, 32);
    k = i16x8.shl(i16x8.shr_u(v128.load(high, 32), shift), 3);
    c = i16x8.add(c, dot_pairs_i8_u7(x, v128.or(v128.and(w, mask), v128.and(i16x8.shl(k, 1), bit))));
    g = i16x8.add(g, dot_pairs_i8_u7(y, v128.or(v128.and(i16x8.shr_u(w, 4), mask), v128.and(k, bit))));
    w = v128.load(p, 48);
    k = i16x8.shl(i16x8.shr_u(v128.load(high, 48), shift), 3);
    d = i16x8.add(d, dot_pairs_i8_u7(x, v128.or(v128.and(w, mask), v128.and(i16x8.shl(k, 1), bit))));
    h = i16x8.add(h, dot_pairs_i8_u7(y, v128.or(v128.and(i16x8.shr_u(w, 4), mask), v128.and(k, bit))));
  }
  add_two_steps(work, a, e);
  add_two_steps(work + 16, b, f);
  add_two_steps(work + 32, c, g);
  add_two_steps(work + 48, d, h);
}
