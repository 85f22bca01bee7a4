import { evens_before_odds, nearest_by, nearest_i32x4 } from "../simd/lanes";
import { split_from, split_to } from "../split";
import { clear16 } from "../weights/group";

/**
 * Activations to 7-bit codes u for products with signed bytes: 32 columns have an f32 scale t, each 16 of them an offset m, and
 * each pair, columns 4j and 4j + 2 or 4j + 1 and 4j + 3, a scale s of its own:
 *
 *   x = t n,  n = s u - m          u in 0 .. 127, |s| in 1 .. 127, |n| < 2^15
 *
 * -m is t's multiple nearest the smallest of the sixteen, or, with s negative, the largest, whichever is nearer to 0. A pair near
 * that end has a small s, so that n is about as near to x / t as eight bits with one scale would be.
 * A row: n of all columns, i16, for one token; then for each j u of columns 4j, 4j+2, 4j+1, 4j+3, and s of the two pairs, i16.
 * offsets: -m of the two sixteens, i16, a word a block. scales: t, 0 for magnitudes below 2^-100 alone.
 */
export function quantize_q7_32(x: usize, xStride: usize, q: usize, qStride: usize, scales: usize, scaleStride: usize, offsets: usize, rows: i32, columns: i32, rank: i32, threads: i32): void {
  const blocks = columns >> 5, one = <i32>(blocks > 0);
  const total = rows * blocks;
  const to = split_to(total, rank, threads);
  for (let i = split_from(total, rank, threads); i < to; i++) {
    const row = i / blocks, block = i % blocks;
    const from = x + <usize>row * xStride + (<usize>block << 7);
    const numbers = q + <usize>row * qStride + (<usize>block << 6), codes = numbers + (<usize>columns << 1);
    const at = <usize>row * scaleStride + (<usize>block << 2);
    const amax = amax_32(from);
    if (amax < <f32>TINY) {
      clear16(numbers);
      clear16(codes);
      store<f32>(scales + at, 0);
      store<u32>(offsets + at, 0);
      continue;
    }
    const low0 = least_16(from), high0 = largest_16(from), low1 = least_16(from + 64), high1 = largest_16(from + 64);
    // 127 x 126 steps for the larger range, and m within 16 bits where all numbers are alike. NaN stays, and infinity becomes it:
    // pmax keeps its first.
    const step = f32x4.splat(<f32>1 / <f32>16002);
    const range = f32x4.pmax(f32x4.sub(f32x4.mul(high0, step), f32x4.mul(low0, step)), f32x4.sub(f32x4.mul(high1, step), f32x4.mul(low1, step)));
    const t = f32x4.pmax(f32x4.splat(amax * (<f32>1 / <f32>32000) + (amax - amax)), range);
    store<f32>(scales + at, f32x4.extract_lane(t, 0));
    const inverse = f32x4.div(f32x4.splat(1), t);
    const m0 = sixteen_q7(from, numbers, codes, inverse, low0, high0, one), m1 = sixteen_q7(from + 64, numbers + 32, codes + 32, inverse, low1, high1, one);
    store<i32>(offsets + at, (m0 & 0xffff) | (m1 << 16));
  }
}

/** 2^-100: the inverse of a scale stays finite. */
const TINY: f64 = 7.888609052210118e-31;

/** 16 columns: n to `numbers`, codes and scales to `codes`. inverse, low, high: the same in all lanes. Gives -m. one: 1 (lanes.ts). */
// @ts-ignore: decorator
@inline
function sixteen_q7(from: usize, numbers: usize, codes: usize, inverse: v128, low: v128, high: v128, one: i32): i32 {
  const minusLow = f32x4.neg(low), sign = f32x4.lt(high, minusLow);
  const ones = i32x4.splat(one), big = f32x4.splat(12582912 * <f32>one), share = f32x4.splat(<f32>one / <f32>127), up = f32x4.splat(<f32>0.499 * <f32>one);
  const factor = v128.xor(inverse, v128.and(sign, i32x4.splat(one << 31)));
  const m = nearest_by(f32x4.mul(f32x4.pmin(minusLow, high), inverse), big), offset = f32x4.convert_i32x4_s(m);
  const y0 = f32x4.add(f32x4.mul(v128.load(from), factor), offset), y1 = f32x4.add(f32x4.mul(v128.load(from, 16), factor), offset);
  const s0 = pair_scales(y0, share, up, big, ones), s1 = pair_scales(y1, share, up, big, ones);
  const u0 = codes_of(y0, s0, big), u1 = codes_of(y1, s1, big);
  v128.store(numbers, i16x8.narrow_i32x4_s(number_of(u0, s0, m, sign), number_of(u1, s1, m, sign)));
  const y2 = f32x4.add(f32x4.mul(v128.load(from, 32), factor), offset), y3 = f32x4.add(f32x4.mul(v128.load(from, 48), factor), offset);
  const s2 = pair_scales(y2, share, up, big, ones), s3 = pair_scales(y3, share, up, big, ones);
  const u2 = codes_of(y2, s2, big), u3 = codes_of(y3, s3, big);
  v128.store(numbers, i16x8.narrow_i32x4_s(number_of(u2, s2, m, sign), number_of(u3, s3, m, sign)), 16);
  const u = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(u0, u1), i16x8.narrow_i32x4_s(u2, u3));
  const words = evens_before_odds(u);
  v128.store(codes, v128.shuffle<i32>(words, i16x8.narrow_i32x4_s(signed(s0, sign), signed(s1, sign)), 0, 4, 1, 6));
  v128.store(codes, v128.shuffle<i32>(words, i16x8.narrow_i32x4_s(signed(s2, sign), signed(s3, sign)), 2, 4, 3, 6), 16);
  return i32x4.extract_lane(signed(i32x4.neg(m), sign), 0);
}

/** Negative where sign is -1, not where it is 0. */
// @ts-ignore: decorator
@inline
function signed(x: v128, sign: v128): v128 {
  return i32x4.sub(v128.xor(x, sign), sign);
}

/** Scales that take the larger of lanes 0 and 2, and of 1 and 3, to at most 127.2; each in both of its lanes. share: 1 / 127, up: 0.499. */
// @ts-ignore: decorator
@inline
function pair_scales(y: v128, share: v128, up: v128, big: v128, ones: v128): v128 {
  const larger = f32x4.pmax(y, v128.shuffle<i32>(y, y, 2, 3, 0, 1));
  return i32x4.max_s(nearest_by(f32x4.add(f32x4.mul(larger, share), up), big), ones);
}

// @ts-ignore: decorator
@inline
function codes_of(y: v128, s: v128, big: v128): v128 {
  return nearest_by(f32x4.div(y, f32x4.convert_i32x4_s(s)), big);
}

/** s u - m, or its negative. s and u fit 16 bits. */
// @ts-ignore: decorator
@inline
function number_of(u: v128, s: v128, m: v128, sign: v128): v128 {
  return signed(i32x4.sub(i32x4.dot_i16x8_s(s, u), m), sign);
}

/** Least of 16 floats that are not NaN, in all lanes. */
// @ts-ignore: decorator
@inline
function least_16(p: usize): v128 {
  let m = f32x4.pmin(f32x4.pmin(v128.load(p), v128.load(p, 16)), f32x4.pmin(v128.load(p, 32), v128.load(p, 48)));
  m = f32x4.pmin(m, v128.shuffle<i32>(m, m, 2, 3, 0, 1));
  return f32x4.pmin(m, v128.shuffle<i32>(m, m, 1, 0, 3, 2));
}

/** Largest of 16 floats that are not NaN, in all lanes. */
// @ts-ignore: decorator
@inline
function largest_16(p: usize): v128 {
  let m = f32x4.pmax(f32x4.pmax(v128.load(p), v128.load(p, 16)), f32x4.pmax(v128.load(p, 32), v128.load(p, 48)));
  m = f32x4.pmax(m, v128.shuffle<i32>(m, m, 2, 3, 0, 1));
  return f32x4.pmax(m, v128.shuffle<i32>(m, m, 1, 0, 3, 2));
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
