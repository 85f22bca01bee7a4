import { nearest_i32x4 } from "../simd/lanes";
import { split_from, split_to } from "../split";

/**
 * Activations to 16 bits: rows of f32 to i16 with one f32 scale per block of 32 columns.
 * scale = amax / 32767, q = nearest(x / scale), ties to even; a block of zeros has scale 0.
 * Rows are shared among threads.
 */
export function quantize_q16_32(x: usize, xStride: usize, q: usize, qStride: usize, scales: usize, scaleStride: usize, rows: i32, columns: i32, rank: i32, threads: i32): void {
  const blocks = columns >> 5;
  const total = rows * blocks;
  const to = split_to(total, rank, threads);
  for (let i = split_from(total, rank, threads); i < to; i++) {
    const row = i / blocks, block = i % blocks;
    const from = x + <usize>row * xStride + (<usize>block << 7);
    const into = q + <usize>row * qStride + (<usize>block << 6);
    const amax = amax_32(from);
    const inverse: f32 = amax == 0 ? 0 : <f32>32767.0 / amax;
    store<f32>(scales + <usize>row * scaleStride + (<usize>block << 2), amax / <f32>32767.0);
    const s = f32x4.splat(inverse);
    for (let c: usize = 0; c < 4; c++) {
      const low = nearest_i32x4(f32x4.mul(v128.load(from + (c << 5)), s));
      const high = nearest_i32x4(f32x4.mul(v128.load(from + (c << 5), 16), s));
      v128.store(into + (c << 4), i16x8.narrow_i32x4_s(low, high));
    }
  }
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
