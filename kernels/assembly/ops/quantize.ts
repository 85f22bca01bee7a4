import { amax_of, largest_lane, steps_of } from "../simd/amax";
import { whole_bias } from "../simd/dot";
import { nearest_by, nearest_i32x4 } from "../simd/lanes";
import { split_from, split_to } from "../split";
import { FOURS_BLOCK, FOURS_START } from "../weights/whole32";

/**
 * Activations to 8 bits for products with bytes of any value (simd/dot.ts, dot_whole): a row has an f32 scale t, at `scales`, and
 * each four columns, 8i, 8i+1, 8i+4, 8i+5 or 8i+2, 8i+3, 8i+6, 8i+7, an integer scale s of their own:
 *
 *   x = t s a          a: i8, s in 1 .. 8000, t a power of two
 *
 * s is the least that keeps the sum of a four's positive numbers, and of its negative ones, within `top` before rounding and so
 * top + 2 after: 126 for bytes of any value, since 255 x 128 fits 16 bits; 133 for IQ4's levels, 241 x 135. A block is 64 bytes, i = 0 .. 3:
 *
 *   | i: a of columns 8i .. 8i+7, i8 | s of the two fours, i16 | a word |
 *
 * The first word is where the block's product starts, -bias x (sum of s a), i32 (simd/dot.ts, whole_bias); three are unused.
 */
export function quantize_q8_fours(x: usize, xStride: usize, q: usize, qStride: usize, scales: usize, scaleStride: usize, rows: i32, columns: i32, top: i32, rank: i32, threads: i32): void {
  const blocks = columns >> 5, one = <i32>(blocks > 0), bias = whole_bias(one);
  const share = f32x4.splat(<f32>1 / (<f32>top * <f32>(2 * MOST))), peak = f32x4.splat(<f32>top * <f32>(2.0 / 127)), mask = i32x4.splat(0x7fffffff * one);
  const total = rows * blocks;
  const to = split_to(total, rank, threads);
  let last = -1;
  let t: f32 = 0;
  for (let i = split_from(total, rank, threads); i < to; i++) {
    const row = i / blocks, block = i % blocks;
    const from = x + <usize>row * xStride;
    if (row != last) {
      let most = i32x4.splat(0);
      for (let c: usize = 0; c < <usize>columns << 2; c += 32) most = i32x4.max_s(most, shares_of(from + c, share, peak, mask));
      t = row_scale(largest_lane(most));
      store<f32>(scales + <usize>row * scaleStride, t);
      last = row;
    }
    fours_of(from + (<usize>block << 7), q + <usize>row * qStride + <usize>block * FOURS_BLOCK, t, share, peak, mask, bias, one);
  }
}

/** Largest s of four columns: exact sums of 32 columns, 255 x 128 x 8 s or 240 x 135 x 8 s, fit 32 bits up to 8200. */
const MOST: f64 = 8000;

/** Least t, 2^-110: its inverse times MOST stays finite. */
const LEAST: f64 = 7.703719777548943e-34;

/** t of a row: the power of two from `least` up, so that nothing is rounded by it; NaN where that is NaN or infinite. */
// @ts-ignore: decorator
@inline
function row_scale(least: f32): f32 {
  return reinterpret<f32>((reinterpret<i32>(max(<f32>LEAST, least)) + 0x007fffff) & 0x7f800000) + (least - least);
}

// @ts-ignore: decorator
@inline
function fours_of(from: usize, into: usize, t: f32, share: v128, peak: v128, mask: v128, bias: i32, one: i32): void {
  const unit = f32x4.splat(t), inverse = f32x4.splat(<f32>MOST / t), big = f32x4.splat(12582912 * <f32>one), ones = i32x4.splat(one);
  let sum = i32x4.splat(0), to = into;
  for (const end = from + 128; from < end; from += 32, to += 16) {
    sum = i32x4.add(sum, eight_of(from, to, shares_of(from, share, peak, mask), unit, inverse, big, ones));
  }
  sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
  sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 1, 0, 3, 2));
  store<i32>(into + FOURS_START, -bias * i32x4.extract_lane(sum, 0));
}

/**
 * What each four of eight columns want of a scale, in two lanes each, times 2 top and `share`: the larger of the sums of their
 * positive and of their negative numbers by `top`, or the largest by 127. peak: 2 top / 127.
 */
// @ts-ignore: decorator
@inline
function shares_of(from: usize, share: v128, peak: v128, mask: v128): v128 {
  const x = f32x4.mul(v128.load(from), share), y = f32x4.mul(v128.load(from, 16), share);
  const a = v128.and(x, mask), b = v128.and(y, mask);
  let sum = f32x4.add(x, y), size = f32x4.add(a, b), most = i32x4.max_s(a, b);
  sum = f32x4.add(sum, v128.shuffle<i32>(sum, sum, 1, 0, 3, 2));
  size = f32x4.add(size, v128.shuffle<i32>(size, size, 1, 0, 3, 2));
  most = i32x4.max_s(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2));
  return i32x4.max_s(v128.and(f32x4.add(size, v128.and(sum, mask)), mask), f32x4.mul(most, peak));
}

/** Eight columns' numbers and scales; gives four sums of s a. The fourth word becomes zero. */
// @ts-ignore: decorator
@inline
function eight_of(from: usize, into: usize, shares: v128, unit: v128, inverse: v128, big: v128, ones: v128): v128 {
  const up = f32x4.splat(0.499);
  const s = i32x4.max_s(nearest_by(f32x4.add(f32x4.mul(shares, inverse), up), big), ones);
  const factor = f32x4.div(f32x4.splat(1), f32x4.mul(unit, f32x4.convert_i32x4_s(s)));
  const a = i16x8.narrow_i32x4_s(nearest_by(f32x4.mul(v128.load(from), factor), big), nearest_by(f32x4.mul(v128.load(from, 16), factor), big));
  const scales = i16x8.narrow_i32x4_s(s, s), bytes = i8x16.narrow_i16x8_s(a, i16x8.splat(0));
  v128.store(into, v128.shuffle<i32>(bytes, v128.shuffle<i16>(scales, scales, 1, 2, 1, 2, 1, 2, 1, 2), 0, 1, 4, 2));
  return i32x4.dot_i16x8_s(a, scales);
}

/**
 * Activations to 8 bits with an integer scale s for 32 columns and a power of two t for the row, x = t s a, and for each 32 columns
 * one word of two 16-bit sums: of a in columns 4j, 4j+1 and in 4j+2, 4j+3. scales: t, then of each block s in both halves of a word.
 * t s is amax / 127 (ggml-quants.c, quantize_row_q8_0_ref), rounded up to the next s.
 */
export function quantize_q8_32(x: usize, xStride: usize, q: usize, qStride: usize, scales: usize, scaleStride: usize, sums: usize, rows: i32, columns: i32, rank: i32, threads: i32): void {
  const blocks = columns >> 5;
  const total = rows * blocks;
  const to = split_to(total, rank, threads);
  let last = -1;
  let t: f32 = 0;
  for (let i = split_from(total, rank, threads); i < to; i++) {
    const row = i / blocks, block = i % blocks;
    const first = x + <usize>row * xStride, from = first + (<usize>block << 7);
    const into = q + <usize>row * qStride + (<usize>block << 5);
    const at = <usize>row * scaleStride + (<usize>block << 2);
    if (row != last) {
      t = row_scale(amax_of(first, columns) * <f32>(1 / (127 * MOST_32)));
      store<f32>(scales + <usize>row * scaleStride, t);
      last = row;
    }
    const s = i32x4.max_s(nearest_i32x4(f32x4.splat(amax_of(from, 32) * (<f32>1 / (<f32>127 * t)) + <f32>0.499)), i32x4.splat(1));
    store<i32>(scales + at, i32x4.extract_lane(s, 0) * 0x10001, 4);
    const factor = f32x4.div(f32x4.splat(1), f32x4.mul(f32x4.splat(t), f32x4.convert_i32x4_s(s)));
    store<i32>(sums + at, i32x4.extract_lane(pair_sums(i16x8.add(sixteen(from, into, factor), sixteen(from + 64, into + 16, factor))), 0));
  }
}

/** Largest s of 32 columns, 1 more by rounding: exact sums of Q5_1's codes, 32 x 31 x 127 s, fit 32 bits up to 17,000. */
const MOST_32: f64 = 16383;

/** Activations to 16 bits with an f32 scale for 32 columns (numbers_q16), x = s a. Columns past a row's end to the next 32 are zero. */
export function quantize_q16(x: usize, xStride: usize, q: usize, qStride: usize, scales: usize, scaleStride: usize, rows: i32, columns: i32, rank: i32, threads: i32): void {
  const blocks = (columns + 31) >> 5;
  const total = rows * blocks;
  const to = split_to(total, rank, threads);
  for (let i = split_from(total, rank, threads); i < to; i++) {
    const row = <usize>(i / blocks), block = i % blocks, at = <usize>block;
    const s = numbers_q16(x + row * xStride + (at << 7), min(32, columns - (block << 5)), q + row * qStride + (at << 6));
    store<f32>(scales + row * scaleStride + (at << 2), s);
  }
}

/** `count` numbers at `from`, 1 to 32, as 32 16-bit integers within +-8191, zeros after them: 32 products of two such sum within 32 bits. Gives their scale, amax / 8191. */
export function numbers_q16(from: usize, count: i32, into: usize): f32 {
  const amax = amax_of(from, count);
  const inverse = steps_of(amax, 8191);
  const s = f32x4.splat(inverse);
  let i = 0;
  for (; i + 8 <= count; i += 8, from += 32, into += 16) {
    v128.store(into, i16x8.narrow_i32x4_s(nearest_i32x4(f32x4.mul(v128.load(from), s)), nearest_i32x4(f32x4.mul(v128.load(from, 16), s))));
  }
  for (; i < 32; i++, from += 4, into += 2) store<i16>(into, i < count ? <i16><i32>nearest(load<f32>(from) * inverse) : 0);
  return amax / <f32>8191.0;
}

/**
 * Activations to 8 bits with one f32 scale, amax / 127, for 256 columns, kept with the block's sums in a record of 128 bytes
 * (weights/bytes256.ts), records scaleStride bytes a row.
 */
export function quantize_q8_256(x: usize, xStride: usize, q: usize, qStride: usize, scales: usize, scaleStride: usize, rows: i32, columns: i32, rank: i32, threads: i32): void {
  const blocks = columns >> 8;
  const total = rows * blocks;
  const to = split_to(total, rank, threads);
  for (let i = split_from(total, rank, threads); i < to; i++) {
    const row = i / blocks, block = i % blocks;
    const from = x + <usize>row * xStride + (<usize>block << 10);
    const into = q + <usize>row * qStride + (<usize>block << 8);
    const record = scales + <usize>row * scaleStride + (<usize>block << 7);
    const amax = amax_of(from, 256);
    const s = f32x4.splat(steps_of(amax, 127));
    store<f32>(record, amax / <f32>127.0);
    for (let run: usize = 0; run < 16; run++) {
      const pairs = i32x4.extract_lane(pair_sums(sixteen(from + (run << 6), into + (run << 4), s)), 0);
      const sum = ((pairs << 16) >> 16) + (pairs >> 16);
      store<i32>(record + (run << 2), pairs, 16);
      store<i16>(record + (run << 1), <i16>sum, 96);
      const pair = record + (run >> 1 << 1);
      store<i16>(pair, run & 1 ? <i16>(load<i16>(pair, 80) + sum) : <i16>sum, 80);
    }
  }
}

/** 16 floats times s as bytes; gives the sums of adjacent pairs. */
// @ts-ignore: decorator
@inline
function sixteen(from: usize, into: usize, s: v128): v128 {
  const a = nearest_i32x4(f32x4.mul(v128.load(from), s));
  const b = nearest_i32x4(f32x4.mul(v128.load(from, 16), s));
  const c = nearest_i32x4(f32x4.mul(v128.load(from, 32), s));
  const d = nearest_i32x4(f32x4.mul(v128.load(from, 48), s));
  const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
  v128.store(into, bytes);
  return i16x8.extadd_pairwise_i8x16_s(bytes);
}

/** Lane 0: the sums of the even and of the odd 16-bit lanes. */
// @ts-ignore: decorator
@inline
function pair_sums(x: v128): v128 {
  const y = i16x8.add(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return i16x8.add(y, v128.shuffle<i32>(y, y, 1, 0, 3, 2));
}
