import { split_from, split_to } from "../split";

/**
 * RMSNorm (arXiv:1910.07467) over segments of `width` columns: y = x / sqrt(mean(x^2) + eps) * weight.
 * A row of `columns` holds columns / width segments (one, or one per head), all with the same weight[width];
 * weight 0 means none. The sum of squares is f64, in column order by lanes of two.
 */
export function rms_norm(out: usize, x: usize, weight: usize, rows: i32, columns: i32, width: i32, stride: usize, eps: f32, rank: i32, threads: i32): void {
  const segments = columns / width;
  const total = rows * segments;
  const to = split_to(total, rank, threads);
  for (let i = split_from(total, rank, threads); i < to; i++) {
    const at = <usize>(i / segments) * stride + (<usize>((i % segments) * width) << 2);
    const scale = <f32>(1.0 / Math.sqrt(sum_of_squares(x + at, width) / <f64>width + <f64>eps));
    scaled(out + at, x + at, weight, width, scale);
  }
}

/** LayerNorm (arXiv:1607.06450): y = (x - mean) / sqrt(var + eps) * weight + bias; bias 0 means none. */
export function layer_norm(out: usize, x: usize, weight: usize, bias: usize, rows: i32, columns: i32, stride: usize, eps: f32, rank: i32, threads: i32): void {
  const to = split_to(rows, rank, threads);
  for (let i = split_from(rows, rank, threads); i < to; i++) {
    const from = x + <usize>i * stride;
    const into = out + <usize>i * stride;
    let sum: f64 = 0;
    for (let c = 0; c < columns; c++) sum += <f64>load<f32>(from + (<usize>c << 2));
    const mean = sum / <f64>columns;
    let squares: f64 = 0;
    for (let c = 0; c < columns; c++) {
      const d = <f64>load<f32>(from + (<usize>c << 2)) - mean;
      squares += d * d;
    }
    const scale = 1.0 / Math.sqrt(squares / <f64>columns + <f64>eps);
    for (let c = 0; c < columns; c++) {
      const p = <usize>c << 2;
      let y = <f32>((<f64>load<f32>(from + p) - mean) * scale);
      if (weight != 0) y *= load<f32>(weight + p);
      if (bias != 0) y += load<f32>(bias + p);
      store<f32>(into + p, y);
    }
  }
}

// @ts-ignore: decorator
@inline
function sum_of_squares(x: usize, width: i32): f64 {
  let even = f64x2.splat(0), odd = even;
  const wide = x + (<usize>(width & ~3) << 2);
  for (; x < wide; x += 16) {
    const v = v128.load(x);
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1));
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
  }
  let sum = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1) + f64x2.extract_lane(odd, 0) + f64x2.extract_lane(odd, 1);
  for (let c = width & ~3; c < width; c++, x += 4) sum += <f64>load<f32>(x) * <f64>load<f32>(x);
  return sum;
}

// @ts-ignore: decorator
@inline
function scaled(out: usize, x: usize, weight: usize, width: i32, scale: f32): void {
  const s = f32x4.splat(scale);
  const wide = <usize>(width & ~3) << 2;
  const end = <usize>width << 2;
  let p: usize = 0;
  if (weight != 0) {
    for (; p < wide; p += 16) v128.store(out + p, f32x4.mul(f32x4.mul(v128.load(x + p), s), v128.load(weight + p)));
    for (; p < end; p += 4) store<f32>(out + p, load<f32>(x + p) * scale * load<f32>(weight + p));
  } else {
    for (; p < wide; p += 16) v128.store(out + p, f32x4.mul(v128.load(x + p), s));
    for (; p < end; p += 4) store<f32>(out + p, load<f32>(x + p) * scale);
  }
}
