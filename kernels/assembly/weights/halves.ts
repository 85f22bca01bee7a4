/**
 * F16 and BF16 weights, packed as words32.ts has them: of each row and 32 columns the largest number decides a power of two d such
 * that it is 4096 d to 8191 d. Its 11 or 8 bits, and those of numbers down to a quarter of it (BF16: a 32nd), are kept; smaller ones
 * are rounded to the next d, a 2^-13 of the largest at most. No d is subnormal: BF16 of less than 2^-114 are multiples of 2^-126.
 */
import { f32x4_from_even_brains, f32x4_from_odd_brains, f32x4_from_usual_pairs, load_f16 } from "../simd/half";
import { nearest_by } from "../simd/lanes";
import { GROUP, SCALES, scale_place, transpose_words } from "./group";
import { BLOCK_WORDS } from "./words32";

/** Rows of `columns` numbers at src into one packed group; rows at or past `rows` become zero. brain: BF16. */
export function pack_halves(brain: bool, src: usize, dst: usize, rows: i32, columns: i32): void {
  const stride = <usize>columns << 1;
  for (let c = 0; c < columns; c += 32, src += 64, dst += BLOCK_WORDS) {
    if (columns - c >= 32) {
      for (let r = 0; r < GROUP; r += 4) pack_four(brain, src + <usize>r * stride, stride, rows - r, dst, r);
    } else pack_part(brain, src, stride, rows, columns - c, dst);
  }
}

/** Four rows of 32 columns, of which `rows` are given, to rows r .. r + 3 of the block at dst. */
function pack_four(brain: bool, src: usize, stride: usize, rows: i32, dst: usize, r: i32): void {
  const one = <i32>(rows < 17), zero = i32x4.splat(0), big = f32x4.splat(12582912 * <f32>one), mask = i16x8.splat(<i16>(0x7fff * one));
  const a = src, b = a + stride, c = b + stride, d = c + stride;
  const s0 = keep_scale(brain, rows > 0 ? most_of_32(a, mask) : 0, dst, r), s1 = keep_scale(brain, rows > 1 ? most_of_32(b, mask) : 0, dst, r + 1);
  const s2 = keep_scale(brain, rows > 2 ? most_of_32(c, mask) : 0, dst, r + 2), s3 = keep_scale(brain, rows > 3 ? most_of_32(d, mask) : 0, dst, r + 3);
  let to = dst + SCALES + (<usize>r << 2);
  for (let i: usize = 0; i < 64; i += 16, to += 256) {
    transpose_words(
      rows > 0 ? eight_of(brain, a + i, s0, big, one) : zero, rows > 1 ? eight_of(brain, b + i, s1, big, one) : zero,
      rows > 2 ? eight_of(brain, c + i, s2, big, one) : zero, rows > 3 ? eight_of(brain, d + i, s3, big, one) : zero, to, 64,
    );
  }
}

/** The largest magnitude of 32 numbers, as their bits. mask: 0x7fff in all lanes. */
// @ts-ignore: decorator
@inline
function most_of_32(p: usize, mask: v128): i32 {
  let m = i16x8.max_s(i16x8.max_s(v128.and(v128.load(p), mask), v128.and(v128.load(p, 16), mask)), i16x8.max_s(v128.and(v128.load(p, 32), mask), v128.and(v128.load(p, 48), mask)));
  m = i16x8.max_s(m, v128.shuffle<i32>(m, m, 2, 3, 0, 1));
  m = i16x8.max_s(m, v128.shuffle<i32>(m, m, 1, 0, 3, 2));
  return max(i16x8.extract_lane_s(m, 0), i16x8.extract_lane_s(m, 1));
}

/** Stores d of row r, whose largest magnitude has these bits: 2^-12 of its power of two, no subnormal. Gives 1 / d. */
// @ts-ignore: decorator
@inline
function keep_scale(brain: bool, most: i32, dst: usize, r: i32): v128 {
  // The exponents' biases are 127 and, of F16, 15. Subnormal halves need no smaller d than the least normal one.
  const exponent = brain ? max((most >> 7) - 12, 1) : max(most >> 10, 1) + 127 - 15 - 12;
  store<u16>(dst + scale_place(r), exponent << 7);
  return i32x4.splat((254 - exponent) << 23);
}

/** Eight numbers at p, times s, as 16-bit integers. big: 1.5 x 2^23 (nearest_by). */
// @ts-ignore: decorator
@inline
function eight_of(brain: bool, p: usize, s: v128, big: v128, one: i32): v128 {
  const w = v128.load(p);
  const even = brain ? f32x4_from_even_brains(w, one) : f32x4_from_usual_pairs(w, i32x4.splat(one << 13), one);
  const odd = brain ? f32x4_from_odd_brains(w, one) : f32x4_from_usual_pairs(w, i32x4.splat(one << 29), one);
  const apart = i16x8.narrow_i32x4_s(nearest_by(f32x4.mul(even, s), big), nearest_by(f32x4.mul(odd, s), big));
  return v128.shuffle<i16>(apart, apart, 0, 4, 1, 5, 2, 6, 3, 7);
}

/** A block of fewer columns. */
function pack_part(brain: bool, src: usize, stride: usize, rows: i32, count: i32, dst: usize): void {
  memory.fill(dst, 0, BLOCK_WORDS);
  for (let r = 0; r < min(rows, GROUP); r++, src += stride) {
    const end = src + (<usize>count << 1);
    let most = 0;
    for (let p = src; p < end; p += 2) most = max(most, <i32>load<u16>(p) & 0x7fff);
    const inverse = f32x4.extract_lane(keep_scale(brain, most, dst, r), 0);
    for (let c = 0; c < count; c++) {
      const p = src + (<usize>c << 1);
      const x = brain ? reinterpret<f32>(<i32>load<u16>(p) << 16) : load_f16(p);
      store<i16>(dst + SCALES + (<usize>(c >> 1) << 6) + (<usize>r << 2) + (<usize>(c & 1) << 1), <i16>nearest(x * inverse));
    }
  }
}
