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
      const low = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(from + (c << 5)), s)));
      const high = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(from + (c << 5), 16), s)));
      v128.store(into + (c << 4), i16x8.narrow_i32x4_s(low, high));
    }
  }
}

/**
 * Activations to 8 bits: rows of f32 to i8 with one f32 scale and one i32 sum of the bytes per block of 32 columns.
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
    const inverse: f32 = amax == 0 ? 0 : <f32>127.0 / amax;
    const at = <usize>row * scaleStride + (<usize>block << 2);
    store<f32>(scales + at, amax / <f32>127.0);
    const s = f32x4.splat(inverse);
    let sum = i32x4.splat(0);
    for (let c: usize = 0; c < 2; c++) {
      const p = from + (c << 6);
      const a = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(p), s)));
      const b = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(p, 16), s)));
      const d = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(p, 32), s)));
      const e = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(p, 48), s)));
      sum = i32x4.add(sum, i32x4.add(i32x4.add(a, b), i32x4.add(d, e)));
      v128.store(into + (c << 4), i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(d, e)));
    }
    store<i32>(sums + at, i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3));
  }
}

/** Largest magnitude of 32 floats. */
// @ts-ignore: decorator
@inline
function amax_32(p: usize): f32 {
  let m = f32x4.abs(v128.load(p));
  for (let c: usize = 16; c < 128; c += 16) m = f32x4.max(m, f32x4.abs(v128.load(p + c)));
  return max(max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)), max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)));
}
