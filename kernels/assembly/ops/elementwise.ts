import { exp_f32x4 } from "../simd/exp";
import { split_from, split_to } from "../split";

/** Tensors are padded to whole vectors, so these walk `vectors` of four floats, shared among threads. */

export function add(out: usize, a: usize, b: usize, vectors: i32, rank: i32, threads: i32): void {
  const to = <usize>split_to(vectors, rank, threads) << 4;
  for (let p = <usize>split_from(vectors, rank, threads) << 4; p < to; p += 16) {
    v128.store(out + p, f32x4.add(v128.load(a + p), v128.load(b + p)));
  }
}

export function multiply(out: usize, a: usize, b: usize, vectors: i32, rank: i32, threads: i32): void {
  const to = <usize>split_to(vectors, rank, threads) << 4;
  for (let p = <usize>split_from(vectors, rank, threads) << 4; p < to; p += 16) {
    v128.store(out + p, f32x4.mul(v128.load(a + p), v128.load(b + p)));
  }
}

export function scale(out: usize, x: usize, factor: f32, vectors: i32, rank: i32, threads: i32): void {
  const s = f32x4.splat(factor);
  const to = <usize>split_to(vectors, rank, threads) << 4;
  for (let p = <usize>split_from(vectors, rank, threads) << 4; p < to; p += 16) {
    v128.store(out + p, f32x4.mul(v128.load(x + p), s));
  }
}

/** cap tanh(x / cap), as Gemma 2 does to logits (arXiv:2408.00118). */
export function softcap(out: usize, x: usize, cap: f32, vectors: i32, rank: i32, threads: i32): void {
  const to = <usize>split_to(vectors, rank, threads) << 4;
  for (let p = <usize>split_from(vectors, rank, threads) << 4; p < to; p += 16) {
    v128.store(out + p, softcap_f32x4(v128.load(x + p), cap));
  }
}

// @ts-ignore: decorator
@inline
export function softcap_f32x4(x: v128, cap: f32): v128 {
  return f32x4.mul(tanh_f32x4(f32x4.div(x, f32x4.splat(cap))), f32x4.splat(cap));
}

/** tanh(x) = sign(x) (1 - e) / (1 + e) with e = exp(-2|x|); near zero, where that cancels, its Taylor polynomial. */
// @ts-ignore: decorator
@inline
export function tanh_f32x4(x: v128): v128 {
  const one = f32x4.splat(1);
  const magnitude = f32x4.abs(x);
  const e = exp_f32x4(f32x4.mul(magnitude, f32x4.splat(-2)));
  const far = v128.or(f32x4.div(f32x4.sub(one, e), f32x4.add(one, e)), v128.and(x, i32x4.splat(<i32>0x80000000)));
  const s = f32x4.mul(x, x);
  let p = f32x4.splat(62.0 / 2835.0);
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-17.0 / 315.0));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(2.0 / 15.0));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-1.0 / 3.0));
  const near = f32x4.add(x, f32x4.mul(f32x4.mul(p, s), x));
  return v128.bitselect(near, far, f32x4.lt(magnitude, f32x4.splat(0.2)));
}

/** x sigmoid(x) (arXiv:1702.03118). */
// @ts-ignore: decorator
@inline
export function silu_f32x4(x: v128): v128 {
  return f32x4.div(x, f32x4.add(f32x4.splat(1), exp_f32x4(f32x4.neg(x))));
}

/** GELU by tanh (arXiv:1606.08415): x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
// @ts-ignore: decorator
@inline
export function gelu_f32x4(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(x, x), x);
  const inner = f32x4.mul(f32x4.splat(0.79788456080286535588), f32x4.add(x, f32x4.mul(f32x4.splat(0.044715), cube)));
  return f32x4.mul(f32x4.mul(f32x4.splat(0.5), x), f32x4.add(f32x4.splat(1), tanh_f32x4(inner)));
}

/** GELU by the error function (Abramowitz and Stegun 7.1.26, error below 1.5e-7). */
// @ts-ignore: decorator
@inline
export function gelu_erf_f32x4(x: v128): v128 {
  const one = f32x4.splat(1);
  const z = f32x4.mul(f32x4.abs(x), f32x4.splat(0.70710678118654752440));
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(f32x4.splat(0.3275911), z)));
  let p = f32x4.splat(1.061405429);
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-1.453152027));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(1.421413741));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-0.284496736));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.254829592));
  const tail = f32x4.mul(f32x4.mul(p, t), exp_f32x4(f32x4.neg(f32x4.mul(z, z))));
  const erf = v128.or(f32x4.sub(one, tail), v128.and(x, i32x4.splat(<i32>0x80000000)));
  return f32x4.mul(f32x4.mul(f32x4.splat(0.5), x), f32x4.add(one, erf));
}

/**
 * gpt-oss's gate: g = min(gate, 7), u = clamp(up, -7, 7), g sigmoid(1.702 g) (u + 1).
 * The factor (u + 1) is applied by the caller's kind below.
 */
// @ts-ignore: decorator
@inline
function swiglu_oai_f32x4(gate: v128, up: v128): v128 {
  const seven = f32x4.splat(7);
  const g = f32x4.min(gate, seven);
  const u = f32x4.max(f32x4.min(up, seven), f32x4.splat(-7));
  const sigmoid = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp_f32x4(f32x4.mul(g, f32x4.splat(-1.702)))));
  return f32x4.mul(f32x4.mul(g, sigmoid), f32x4.add(u, f32x4.splat(1)));
}

/** act(gate) * up; up 0 means the activation alone. kind: 0 silu, 1 gelu (tanh), 2 gelu (erf), 3 gpt-oss. */
export function gated(out: usize, gate: usize, up: usize, kind: i32, vectors: i32, rank: i32, threads: i32): void {
  const to = <usize>split_to(vectors, rank, threads) << 4;
  let p = <usize>split_from(vectors, rank, threads) << 4;
  if (kind == 0 && up != 0) {
    // Side by side, four vectors need each constant once.
    for (; p + 64 <= to; p += 64) {
      const a = v128.load(gate + p), b = v128.load(gate + p, 16), c = v128.load(gate + p, 32), d = v128.load(gate + p, 48);
      v128.store(out + p, f32x4.mul(silu_f32x4(a), v128.load(up + p)));
      v128.store(out + p, f32x4.mul(silu_f32x4(b), v128.load(up + p, 16)), 16);
      v128.store(out + p, f32x4.mul(silu_f32x4(c), v128.load(up + p, 32)), 32);
      v128.store(out + p, f32x4.mul(silu_f32x4(d), v128.load(up + p, 48)), 48);
    }
  }
  for (; p < to; p += 16) {
    const g = v128.load(gate + p);
    if (kind == 3) {
      v128.store(out + p, swiglu_oai_f32x4(g, v128.load(up + p)));
      continue;
    }
    let y = kind == 0 ? silu_f32x4(g) : kind == 1 ? gelu_f32x4(g) : gelu_erf_f32x4(g);
    if (up != 0) y = f32x4.mul(y, v128.load(up + p));
    v128.store(out + p, y);
  }
}

/** Rows of x picked by `indices` (i32): out[i] = x[indices[i]]; strides in bytes, multiples of 16. */
export function rows(out: usize, x: usize, indices: usize, count: i32, stride: usize, rank: i32, threads: i32): void {
  const to = split_to(count, rank, threads);
  for (let i = split_from(count, rank, threads); i < to; i++) {
    memory.copy(out + <usize>i * stride, x + <usize>load<i32>(indices + (<usize>i << 2)) * stride, stride);
  }
}

/** Adds bias[columns] to each row. */
export function add_bias(out: usize, x: usize, bias: usize, count: i32, columns: i32, stride: usize, rank: i32, threads: i32): void {
  const to = split_to(count, rank, threads);
  for (let i = split_from(count, rank, threads); i < to; i++) {
    const from = x + <usize>i * stride, into = out + <usize>i * stride;
    for (let p: usize = 0; p < <usize>columns << 2; p += 4) store<f32>(into + p, load<f32>(from + p) + load<f32>(bias + p));
  }
}
