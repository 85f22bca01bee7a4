/**
 * Q6_K: blocks of 256 columns, 210 bytes a row in a file (ggml-common.h, block_q6_K):
 *
 *   | low nibbles: 128 B | high pairs: 64 B | 16 scales: i8 | d: f16 |          w = d scale (n - 32)
 *
 * Each half of 128 columns has 64 + 32 bytes: column l + 32 k (l < 32, k < 4) takes nibble k >> 1 of byte
 * l + 32 (k & 1), and pair k of byte l. Packed, 16 rows together, 3360 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | scale of row 0 .. 15: i8, sixteen times |
 *   | half, v, j = 0 .. 7: three words of rows 4v .. 4v+3: 48 B | ...
 *
 * whose bytes hold, for columns l = 4j .. 4j+3 of the half, the codes of columns l, l + 32 and l + 64 in their low six bits,
 * and bits 0 1, 2 3 and 4 5 of column l + 96's code above: three codes of four take one instruction.
 */
import { add_dot } from "../simd/dot";
import { f32x4_from_u16_lanes } from "../simd/half";
import { down_2, splat0, splat1 } from "../simd/lanes";
import { add_exact, CODES256, RECORD, SCALES256, spread_scales, SUMS } from "./bytes256";
import { ahead_of, interleave_halves, SCALES, touch, widen_scales, words_4x4 } from "./group";

const FILE_BLOCK: usize = 210;
export const BLOCK_Q6_K: usize = 3360;
const BITS: usize = 288;

export function pack_q6_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q6_K, src += FILE_BLOCK) {
    interleave_halves(src + 208, stride, rows, 2, dst);
    for (let r: usize = 0; r < 16; r++) {
      const from = src + r * stride + 192;
      for (let s: usize = 0; s < 16; s++) store<u8>(dst + SCALES + (s << 4) + r, <i32>r < rows ? load<u8>(from + s) : 0);
    }
    let to = dst + BITS;
    for (let half: usize = 0; half < 2; half++) {
      for (let v = 0; v < 4; v++, to += 384) {
        const from = src + <usize>(v << 2) * stride, given = rows - (v << 2);
        words_of_four(from + (half << 6), stride, given, to);
        words_of_four(from + (half << 6) + 32, stride, given, to + 16);
        words_of_four(from + 128 + (half << 5), stride, given, to + 32);
        gather_codes(to);
      }
    }
  }
}

/** Eight words of each of four rows, 48 bytes apart at dst; missing rows get zero. */
function words_of_four(src: usize, stride: usize, rows: i32, dst: usize): void {
  if (rows >= 4) {
    words_4x4(src, stride, dst, 48);
    words_4x4(src + 16, stride, dst + 192, 48);
    return;
  }
  for (let j: usize = 0; j < 8; j++) {
    for (let r: usize = 0; r < 4; r++) store<u32>(dst + j * 48 + (r << 2), <i32>r < rows ? load<u32>(src + r * stride + (j << 2)) : 0);
  }
}

/** Low nibbles of two words and high pairs of one, eight times, to codes as they lie packed. */
function gather_codes(p: usize): void {
  const nibble = i8x16.splat(15), pair = i8x16.splat(48);
  for (const end = p + 384; p < end; p += 48) {
    const x = v128.load(p), y = v128.load(p, 16), h = v128.load(p, 32);
    const last = v128.or(v128.and(i16x8.shr_u(y, 4), nibble), v128.and(i16x8.shr_u(h, 2), pair));
    v128.store(p, v128.or(v128.or(v128.and(x, nibble), v128.and(i16x8.shl(h, 4), pair)), i16x8.shl(v128.and(last, i8x16.splat(3)), 6)));
    v128.store(p, v128.or(v128.or(v128.and(y, nibble), v128.and(i16x8.shl(h, 2), pair)), i16x8.shl(v128.and(last, i8x16.splat(12)), 4)), 16);
    v128.store(p, v128.or(v128.or(v128.and(i16x8.shr_u(x, 4), nibble), v128.and(h, pair)), i16x8.shl(v128.and(last, pair), 2)), 32);
  }
}

/** The code of the fourth column, from what is above the codes of the first three. */
// @ts-ignore: decorator
@inline
function fourth(x: v128, y: v128, z: v128): v128 {
  const mask = i8x16.splat(-64);
  return down_2(v128.or(down_2(v128.or(down_2(v128.and(x, mask)), v128.and(y, mask))), v128.and(z, mask)));
}

export function unpack_q6_k(src: usize, dst: usize): void {
  const one = <i32>(src != 0);
  widen_scales(src, dst, one);
  for (let s: usize = 0; s < 16; s++) spread_scales(v128.load(src + SCALES + (s << 4)), dst + SCALES256 + (s << 6));
  const code = i8x16.splat(63);
  let p = src + BITS;
  let half = dst + CODES256;
  for (const stop = half + 4096; half < stop; half += 2048) {
    for (let v: usize = 0; v < 64; v += 16) {
      let to = half + v;
      for (const end = p + 384; p < end; p += 48, to += 64) {
        const x = v128.load(p), y = v128.load(p, 16), z = v128.load(p, 32);
        v128.store(to, v128.and(x, code));
        v128.store(to, v128.and(y, code), 512);
        v128.store(to, v128.and(z, code), 1024);
        v128.store(to, fourth(x, y, z), 1536);
      }
    }
  }
}

/**
 * 16 rows times one token without unpacking, the same bits as bytes256.ts: added to out. work: 1152 bytes.
 * Weights are read in order and at the pace of the products, which keeps memory busy.
 */
export function dot_q6_k(group: usize, blocks: i32, q: usize, record: usize, out: usize, work: usize): void {
  const scales = work + 64, one = <i32>(blocks > 0);
  const ahead = ahead_of(group + <usize>blocks * BLOCK_Q6_K);
  for (; blocks > 0; blocks--, record += RECORD, q += 256) {
    for (let s: usize = 0; s < 16; s++) spread_scales(v128.load(group + SCALES + (s << 4)), scales + (s << 6));
    let p = group + BITS;
    for (let v: usize = 0; v < 64; v += 16, p += 384) v128.store(work + v, quarter(p, ahead, q, record + SUMS, scales + v, work + 1088));
    for (let v: usize = 0; v < 64; v += 16, p += 384) {
      const sum = i32x4.add(v128.load(work + v), quarter(p, ahead, q + 128, record + SUMS + 32, scales + 512 + v, work + 1088));
      add_exact(out + v, sum, f32x4_from_u16_lanes(v128.load_ext<u16>(group + (v >> 1)), one), v128.load32_splat(record));
    }
    group = p;
  }
}

/** Four rows times 128 columns: the exact sum. */
// @ts-ignore: decorator
@inline
function quarter(p: usize, ahead: usize, q: usize, sums: usize, scales: usize, sink: usize): v128 {
  const code = i8x16.splat(63), less = i16x8.splat(-32);
  let isum = i32x4.splat(0);
  for (const stop = p + 384; p < stop; sums += 4, scales += 64) {
    touch(p + ahead, sink);
    let a = i16x8.mul(v128.load32_splat(sums), less);
    let b = i16x8.mul(v128.load32_splat(sums, 8), less);
    let c = i16x8.mul(v128.load32_splat(sums, 16), less);
    let d = i16x8.mul(v128.load32_splat(sums, 24), less);
    for (const end = p + 192; p < end; p += 96, q += 8) {
      const q0 = v128.load64_splat(q), q1 = v128.load64_splat(q, 32), q2 = v128.load64_splat(q, 64), q3 = v128.load64_splat(q, 96);
      let x = v128.load(p), y = v128.load(p, 16), z = v128.load(p, 32);
      a = add_dot(a, splat0(q0), v128.and(x, code));
      b = add_dot(b, splat0(q1), v128.and(y, code));
      c = add_dot(c, splat0(q2), v128.and(z, code));
      d = add_dot(d, splat0(q3), fourth(x, y, z));
      x = v128.load(p, 48); y = v128.load(p, 64); z = v128.load(p, 80);
      a = add_dot(a, splat1(q0), v128.and(x, code));
      b = add_dot(b, splat1(q1), v128.and(y, code));
      c = add_dot(c, splat1(q2), v128.and(z, code));
      d = add_dot(d, splat1(q3), fourth(x, y, z));
    }
    isum = i32x4.add(isum, i32x4.dot_i16x8_s(a, v128.load(scales)));
    isum = i32x4.add(isum, i32x4.dot_i16x8_s(b, v128.load(scales, 128)));
    isum = i32x4.add(isum, i32x4.dot_i16x8_s(c, v128.load(scales, 256)));
    isum = i32x4.add(isum, i32x4.dot_i16x8_s(d, v128.load(scales, 384)));
  }
  return isum;
}
