import { f32x4_from_u16_lanes } from "../simd/half";
import { evens_before_odds } from "../simd/lanes";

/** Rows of a weight that are packed together: four vectors of four lanes, one row a lane. */
export const GROUP: i32 = 16;

/** Bytes of 16 half-float scales, one a row. */
export const SCALES: usize = 32;

/** Scratch of a thread: 256 columns of a group in the largest form (words32.ts), and a list of rows (ops/linear.ts). */
export const UNPACK_BYTES: usize = 9216;

/** Sets 16 words to zero. */
// @ts-ignore: decorator
@inline
export function clear16(out: usize): void {
  const zero = f32x4.splat(0);
  v128.store(out, zero);
  v128.store(out, zero, 16);
  v128.store(out, zero, 32);
  v128.store(out, zero, 48);
}

/** 16 half floats at p as f32 at out. */
// @ts-ignore: decorator
@inline
export function widen_scales(p: usize, out: usize, one: i32): void {
  v128.store(out, f32x4_from_u16_lanes(v128.load_ext<u16>(p), one));
  v128.store(out, f32x4_from_u16_lanes(v128.load_ext<u16>(p, 8), one), 16);
  v128.store(out, f32x4_from_u16_lanes(v128.load_ext<u16>(p, 16), one), 32);
  v128.store(out, f32x4_from_u16_lanes(v128.load_ext<u16>(p, 24), one), 48);
}

/** y + sum x (d x t): how a block's integer sum joins the results of four rows. */
// @ts-ignore: decorator
@inline
function scaled(y: v128, sum: v128, d: v128, t: v128): v128 {
  return f32x4.add(y, f32x4.mul(f32x4.convert_i32x4_s(sum), f32x4.mul(d, t)));
}

/** out[16] += a block's integer sums a .. d, with the scales d0 .. d3 of their rows and t of the activation. */
// @ts-ignore: decorator
@inline
export function add_scaled(out: usize, a: v128, b: v128, c: v128, d: v128, d0: v128, d1: v128, d2: v128, d3: v128, t: v128): void {
  v128.store(out, scaled(v128.load(out), a, d0, t));
  v128.store(out, scaled(v128.load(out, 16), b, d1, t), 16);
  v128.store(out, scaled(v128.load(out, 32), c, d2, t), 32);
  v128.store(out, scaled(v128.load(out, 48), d, d3, t), 48);
}

/**
 * Interleaves 4-byte words of `width` rows, a multiple of 4: word i of the `bytes` bytes at src, rows stride apart, goes to
 * dst + 4 width i, four bytes a row; rows at or past `rows` get `filler`.
 */
export function interleave_words(src: usize, stride: usize, rows: i32, width: i32, bytes: usize, dst: usize, filler: u32): void {
  const step = <usize>width << 2;
  let i: usize = 0;
  if (rows >= width) {
    for (; i + 16 <= bytes; i += 16, dst += step << 2) {
      let from = src + i;
      for (let v: usize = 0; v < step; v += 16, from += stride << 2) words_4x4(from, stride, dst + v, step);
    }
  }
  const given = <usize>max(0, min(rows, width)) << 2;
  for (; i < bytes; i += 4, dst += step) {
    let from = src + i;
    let to = dst;
    for (const stop = dst + given; to < stop; to += 4, from += stride) store<u32>(to, load<u32>(from));
    for (const end = dst + step; to < end; to += 4) store<u32>(to, filler);
  }
}

/** Word k of row r at src to lane r of the vector at dst + k step. */
// @ts-ignore: decorator
@inline
function words_4x4(src: usize, stride: usize, dst: usize, step: usize): void {
  const a = v128.load(src), b = v128.load(src + stride), c = v128.load(src + stride * 2), d = v128.load(src + stride * 3);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7), gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(dst, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(dst + step, v128.shuffle<i64>(ab, cd, 1, 3));
  v128.store(dst + step * 2, v128.shuffle<i64>(ef, gh, 0, 2));
  v128.store(dst + step * 3, v128.shuffle<i64>(ef, gh, 1, 3));
}

/** evens_before_odds (simd/lanes.ts) of `bytes` bytes at p. */
export function evens_first(p: usize, bytes: usize): void {
  for (const end = p + bytes; p < end; p += 16) v128.store(p, evens_before_odds(v128.load(p)));
}

/**
 * Takes off the high nibbles of `bytes` bytes at p what adding 8 to each 16-bit number will carry into them: low nibbles stay
 * as they are, and high ones are found in one rounding product (carried_nibbles of simd/lanes.ts).
 */
export function carry_nibbles(p: usize, bytes: usize): void {
  const first = i16x8.splat(1), high = i16x8.splat(0xf0), low = i16x8.splat(0xf00), zero = i16x8.splat(0);
  for (const end = p + bytes; p < end; p += 16) {
    const w = v128.load(p);
    const carry = v128.and(i16x8.shr_u(w, 3), first);
    // It goes on where the high nibble before the sum is 15, and past a low one of 15.
    const further = v128.and(v128.and(carry, i16x8.eq(v128.and(w, high), zero)), i16x8.eq(v128.and(w, low), low));
    v128.store(p, i8x16.sub(i8x16.sub(w, i16x8.shl(carry, 4)), i16x8.shl(further, 12)));
  }
}

/** Interleaves 2-byte words of 16 rows the same way, to dst + 32 i; missing rows get zero. */
export function interleave_halves(src: usize, stride: usize, rows: i32, bytes: usize, dst: usize): void {
  let i: usize = 0;
  if (rows == 16) {
    for (; i + 16 <= bytes; i += 16, dst += 256) {
      halves_8x8(src + i, stride, dst);
      halves_8x8(src + i + (stride << 3), stride, dst + 16);
    }
  }
  for (; i < bytes; i += 2, dst += 32) {
    let from = src + i;
    let to = dst;
    const stop = dst + (<usize>rows << 1);
    for (; to < stop; to += 2, from += stride) store<u16>(to, load<u16>(from));
    for (const end = dst + 32; to < end; to += 2) store<u16>(to, 0);
  }
}

/** Half k of row r at src to lane r of the vector at dst + 32 k. */
function halves_8x8(src: usize, stride: usize, dst: usize): void {
  let a = v128.load(src), b = v128.load(src + stride), c = v128.load(src + stride * 2), d = v128.load(src + stride * 3);
  const ab0 = v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), ab1 = v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  const cd0 = v128.shuffle<i16>(c, d, 0, 8, 1, 9, 2, 10, 3, 11), cd1 = v128.shuffle<i16>(c, d, 4, 12, 5, 13, 6, 14, 7, 15);
  src += stride << 2;
  a = v128.load(src);
  b = v128.load(src + stride);
  c = v128.load(src + stride * 2);
  d = v128.load(src + stride * 3);
  const ef0 = v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), ef1 = v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  const gh0 = v128.shuffle<i16>(c, d, 0, 8, 1, 9, 2, 10, 3, 11), gh1 = v128.shuffle<i16>(c, d, 4, 12, 5, 13, 6, 14, 7, 15);
  four_halves(ab0, cd0, ef0, gh0, dst);
  four_halves(ab1, cd1, ef1, gh1, dst + 128);
}

// @ts-ignore: decorator
@inline
function four_halves(ab: v128, cd: v128, ef: v128, gh: v128, dst: usize): void {
  const x = v128.shuffle<i32>(ab, cd, 0, 4, 1, 5), y = v128.shuffle<i32>(ef, gh, 0, 4, 1, 5);
  const z = v128.shuffle<i32>(ab, cd, 2, 6, 3, 7), w = v128.shuffle<i32>(ef, gh, 2, 6, 3, 7);
  v128.store(dst, v128.shuffle<i64>(x, y, 0, 2));
  v128.store(dst, v128.shuffle<i64>(x, y, 1, 3), 32);
  v128.store(dst, v128.shuffle<i64>(z, w, 0, 2), 64);
  v128.store(dst, v128.shuffle<i64>(z, w, 1, 3), 96);
}
