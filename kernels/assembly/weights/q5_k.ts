/**
 * Q5_K: blocks of 256 columns, 176 bytes a row in a file (ggml-common.h, block_q5_K):
 *
 *   | head as in Q4_K: 16 B | fifth bits: 32 B, bit k of byte l for column 32 k + l | nibbles as in Q4_K: 128 B |
 *
 *   w = d scale n - dmin minimum
 *
 * Packed, 16 rows together, 2880 bytes a block:
 *
 *   | head as in Q4_K: 320 B |
 *   | half: | i, v: fifth-bit bytes 4i .. 4i+3 of rows 8 half + 4v .. 8 half + 4v + 3: 16 B | ... | nibbles as in Q4_K |
 */
import { add_dot } from "../simd/dot";
import { fifth, high_nibbles, low_nibbles, splat0, splat1 } from "../simd/lanes";
import { CODES256, RECORD } from "./bytes256";
import { ahead_of, interleave_words, SCALES, touch } from "./group";
import { add_two_steps, end_block_k4, HEAD_K4, pack_head_k4, rows_0_3, rows_4_7, unpack_head_k4 } from "./q4_k";

const FILE_BLOCK: usize = 176;
export const BLOCK_Q5_K: usize = 2880;

export function pack_q5_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q5_K, src += FILE_BLOCK) {
    pack_head_k4(src, stride, rows, dst);
    interleave_words(src + 16, stride, rows, 8, 160, dst + HEAD_K4, 0);
    interleave_words(src + 16 + (stride << 3), stride, rows - 8, 8, 160, dst + HEAD_K4 + 1280, 0);
  }
}

export function unpack_q5_k(src: usize, dst: usize): void {
  unpack_head_k4(src, dst, 2);
  let high = src + HEAD_K4;
  for (let half: usize = 0; half < 64; half += 32, high += 1280) {
    let p = high + 256;
    let to = dst + CODES256 + half;
    for (let step = 0; step < 4; step++, to += 512) {
      const factor = factor_of(step), first = first_of(step), second = i8x16.add(first, first);
      let h = high;
      for (const end = p + 256; p < end; h += 32, p += 32, to += 64) {
        let x = v128.load(p), k = i16x8.mul(v128.load(h), factor);
        v128.store(to, v128.or(low_nibbles(x), fifth(k, first)));
        v128.store(to, v128.or(high_nibbles(x), fifth(k, second)), 512);
        x = v128.load(p, 16);
        k = i16x8.mul(v128.load(h, 16), factor);
        v128.store(to, v128.or(low_nibbles(x), fifth(k, first)), 16);
        v128.store(to, v128.or(high_nibbles(x), fifth(k, second)), 528);
      }
    }
  }
}

/** Fifth bits of the columns of a step, 32 low nibbles and 32 high ones, are bits 2 step and 2 step + 1 of a byte. */
// @ts-ignore: decorator
@inline
function factor_of(step: i32): v128 {
  return i16x8.splat(step < 2 ? 16 : 1);
}

/** The first of them, times the factor. */
// @ts-ignore: decorator
@inline
function first_of(step: i32): v128 {
  return i8x16.splat(step & 1 ? 64 : 16);
}

/**
 * 16 rows times one token without unpacking, the same bits as bytes256.ts: added to out. Eight rows at a time;
 * runs of 16 columns are summed in 16 bits, two runs of a scale one after another. work: 68 bytes.
 */
export function dot_q5_k(group: usize, blocks: i32, q: usize, record: usize, out: usize, work: usize): void {
  const one = <i32>(blocks > 0), sink = work + 64;
  const ahead = ahead_of(group + <usize>blocks * BLOCK_Q5_K);
  let next = group + ahead;
  for (; blocks > 0; blocks--, record += RECORD, q += 256) {
    let high = group + HEAD_K4;
    for (let half: usize = 0; half < 2; half++, high += 1280) {
      let first = i32x4.splat(0), second = first;
      let scale = group + 2 * SCALES + (half << 3), p = high + 256, x8 = q;
      for (let step = 0; step < 4; step++, scale += 32, x8 += 32) {
        const factor = factor_of(step), bit = first_of(step), next_bit = i8x16.add(bit, bit);
        const s = v128.load_ext<i8>(scale), t = v128.load_ext<i8>(scale, 16);
        for (const end = next + 360; next < end; next += 180) touch(next, sink);
        let h = high;
        for (let run = 0; run < 2; run++) {
          let a = i16x8.splat(0), b = a, c = a, d = a;
          for (const end = p + 128; p < end; p += 64, h += 64, x8 += 8) {
            const low = v128.load64_splat(x8), high = v128.load64_splat(x8, 32);
            let x = splat0(low), y = splat0(high), w = v128.load(p), k = i16x8.mul(v128.load(h), factor);
            a = add_dot(a, x, v128.or(low_nibbles(w), fifth(k, bit))); c = add_dot(c, y, v128.or(high_nibbles(w), fifth(k, next_bit)));
            w = v128.load(p, 16); k = i16x8.mul(v128.load(h, 16), factor);
            b = add_dot(b, x, v128.or(low_nibbles(w), fifth(k, bit))); d = add_dot(d, y, v128.or(high_nibbles(w), fifth(k, next_bit)));
            x = splat1(low); y = splat1(high); w = v128.load(p, 32); k = i16x8.mul(v128.load(h, 32), factor);
            a = add_dot(a, x, v128.or(low_nibbles(w), fifth(k, bit))); c = add_dot(c, y, v128.or(high_nibbles(w), fifth(k, next_bit)));
            w = v128.load(p, 48); k = i16x8.mul(v128.load(h, 48), factor);
            b = add_dot(b, x, v128.or(low_nibbles(w), fifth(k, bit))); d = add_dot(d, y, v128.or(high_nibbles(w), fifth(k, next_bit)));
          }
          first = add_two_steps(first, a, rows_0_3(s), c, rows_0_3(t));
          second = add_two_steps(second, b, rows_4_7(s), d, rows_4_7(t));
        }
      }
      v128.store(work + (half << 5), first);
      v128.store(work + (half << 5), second, 16);
    }
    end_block_k4(group, record, out, work, one);
    group += BLOCK_Q5_K;
  }
}
