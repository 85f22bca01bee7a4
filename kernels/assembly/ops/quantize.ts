import { whole_bias } from "../simd/dot";
import { nearest_by, nearest_i32x4 } from "../simd/lanes";
import { split_from, split_to } from "../split";
import { FOURS_BLOCK, FOURS_SCALE, FOURS_START } from "../weights/whole32";

/**
 * Activations to 8 bits for products with bytes of any value (simd/dot.ts, dot_whole): 32 columns have an f32 scale t, and each
 * four of them, columns 8i, 8i+1, 8i+4, 8i+5 or 8i+2, 8i+3, 8i+6, 8i+7, a scale s of their own:
 *
 *   x = t s a          a: i8, s in 1 .. 4000
 *
 * s is the least that keeps the sum of a four's positive numbers, and of its negative ones, within 126 before rounding and so
 * 128 after. A block is 64 bytes, i = 0 .. 3:
 *
 *   | i: a of columns 8i .. 8i+7, i8 | s of the two fours, i16 | a word |
 *
 * The words: where the block's product starts, -bias x (sum of s a), i32 (simd/dot.ts, whole_bias); t, f32; two unused.
 */
export function quantize_q8_fours(x: usize, xStride: usize, q: usize, qStride: usize, rows: i32, columns: i32, rank: i32, threads: i32): void {
  const blocks = columns >> 5, one = <i32>(blocks > 0), bias = whole_bias(one);
  const total = rows * blocks;
  const to = split_to(total, rank, threads);
  for (let i = split_from(total, rank, threads); i < to; i++) {
    const row = i / blocks, block = i % blocks;
    fours_of(x + <usize>row * xStride + (<usize>block << 7), q + <usize>row * qStride + <usize>block * FOURS_BLOCK, bias, one);
  }
}

/** Largest s: exact sums of 32 columns, 128 x 256 x 8 s, fit 32 bits up to 8191. */
const MOST: f64 = 4000;

/** Least t, 2^-110: MOST / t stays finite. */
const LEAST: f64 = 7.703719777548943e-34;

function fours_of(from: usize, into: usize, bias: i32, one: i32): void {
  const share = f32x4.splat(<f32>(1 / (2 * 126 * MOST)) * <f32>one), mask = i32x4.splat(0x7fffffff * one);
  const n0 = shares_of(from, share, mask), n1 = shares_of(from + 32, share, mask), n2 = shares_of(from + 64, share, mask), n3 = shares_of(from + 96, share, mask);
  // As integers, magnitudes are in the same order and NaN is above them; infinity becomes it.
  let most = i32x4.max_s(i32x4.max_s(n0, n1), i32x4.max_s(n2, n3));
  most = i32x4.max_s(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  const largest = f32x4.extract_lane(most, 0), t = max(<f32>LEAST, largest + (largest - largest));
  const unit = f32x4.splat(t), inverse = f32x4.splat(<f32>MOST / t), big = f32x4.splat(12582912 * <f32>one), ones = i32x4.splat(one);
  let sum = eight_of(from, into, n0, unit, inverse, big, ones);
  sum = i32x4.add(sum, eight_of(from + 32, into + 16, n1, unit, inverse, big, ones));
  sum = i32x4.add(sum, eight_of(from + 64, into + 32, n2, unit, inverse, big, ones));
  sum = i32x4.add(sum, eight_of(from + 96, into + 48, n3, unit, inverse, big, ones));
  sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
  sum = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 1, 0, 3, 2));
  store<i32>(into + FOURS_START, -bias * i32x4.extract_lane(sum, 0));
  store<f32>(into + FOURS_SCALE, t);
}

/** The larger of the sum of positive and of negative numbers of each four of eight columns, in two lanes each, times twice `share`. */
// @ts-ignore: decorator
@inline
function shares_of(from: usize, share: v128, mask: v128): v128 {
  const x = f32x4.mul(v128.load(from), share), y = f32x4.mul(v128.load(from, 16), share);
  let sum = f32x4.add(x, y), size = f32x4.add(v128.and(x, mask), v128.and(y, mask));
  sum = f32x4.add(sum, v128.shuffle<i32>(sum, sum, 1, 0, 3, 2));
  size = f32x4.add(size, v128.shuffle<i32>(size, size, 1, 0, 3, 2));
  return v128.and(f32x4.add(size, v128.and(sum, mask)), mask);
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
 * Activations to 8 bits: rows of f32 to i8 with one f32 scale per block of 32 columns, and one word of two 16-bit sums:
 * of the bytes in columns 4j, 4j+1 and of those in 4j+2, 4j+3.
 * scale = amax / 127 (ggml-quants.c, quantize_row_q8_0_ref, with the scale kept in f32).
 */
export function quantize_q8_32(x: usize, xStride: usize, q: usize, qStride: usize, scales: usize, scaleStride: usize, sums: usize, rows: i32, columns: i32, rank: i32, threads: i32): void {
  const blocks = columns >> 5;
  const total = rows * blocks;
  const to = split_to(total, rank, threads);
  for (let i = split_from(total, rank, threads); i < to; i++) {
    const row = i / blocks, block = i % blocks;
    const from = x + <usize>row * xStride + (<usize>block << 7);
    const into = q + <usize>row * qStride + (<usize>block << 5);
    const amax = amax_32(from);
    const s = f32x4.splat(amax == 0 ? 0 : <f32>127.0 / amax);
    const at = <usize>row * scaleStride + (<usize>block << 2);
    store<f32>(scales + at, amax / <f32>127.0);
    store<i32>(sums + at, i32x4.extract_lane(pair_sums(i16x8.add(sixteen(from, into, s), sixteen(from + 64, into + 16, s))), 0));
  }
}

/**
 * The same with one f32 scale per 256 columns, kept with the block's sums in a record of 128 bytes
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
    let amax: f32 = 0;
    for (let c: usize = 0; c < 1024; c += 128) amax = max(amax, amax_32(from + c));
    const s = f32x4.splat(amax == 0 ? 0 : <f32>127.0 / amax);
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

/** Largest magnitude of 32 floats, NaN if one is: as integers, magnitudes are in the same order and NaN is above them. */
// @ts-ignore: decorator
@inline
function amax_32(p: usize): f32 {
  const mask = i32x4.splat(0x7fffffff);
  let m = v128.and(v128.load(p), mask);
  for (const end = p + 112; p < end; ) {
    p += 16;
    m = i32x4.max_s(m, v128.and(v128.load(p), mask));
  }
  m = i32x4.max_s(m, v128.shuffle<i32>(m, m, 2, 3, 0, 1));
  return f32x4.extract_lane(i32x4.max_s(m, v128.shuffle<i32>(m, m, 1, 0, 3, 2)), 0);
}
