import { exp_f32 } from "../simd/exp";
import { split_from, split_to } from "../split";

/**
 * The k experts of each row: ids[row][k] by descending logit (lower index first among equals), weights[row][k]:
 *   mode 0: softmax over all experts          mode 1: that, divided by the chosen ones' sum
 *   mode 2: softmax over the chosen ones      mode 3: sigmoid, divided by the chosen ones' sum
 * each times `scale`. logits: [rows][experts], stride bytes a row.
 */
export function route(ids: usize, weights: usize, logits: usize, stride: usize, rows: i32, experts: i32, k: i32, mode: i32, scale: f32, rank: i32, threads: i32): void {
  const to = split_to(rows, rank, threads);
  for (let r = split_from(rows, rank, threads); r < to; r++) {
    const from = logits + <usize>r * stride;
    const id = ids + (<usize>(r * k) << 2), weight = weights + (<usize>(r * k) << 2);
    for (let j = 0; j < k; j++) {
      let best = -1;
      let bestValue: f32 = -Infinity;
      for (let e = 0; e < experts; e++) {
        const value = load<f32>(from + (<usize>e << 2));
        if ((best < 0 || value > bestValue) && !chosen(id, j, e)) {
          best = e;
          bestValue = value;
        }
      }
      store<i32>(id + (<usize>j << 2), best);
    }
    const top = load<f32>(from + (<usize>load<i32>(id) << 2));
    let all: f32 = 0;
    if (mode < 2) for (let e = 0; e < experts; e++) all += exp_f32(load<f32>(from + (<usize>e << 2)) - top);
    let sum: f32 = 0;
    for (let j = 0; j < k; j++) {
      const value = load<f32>(from + (<usize>load<i32>(id + (<usize>j << 2)) << 2));
      const w: f32 = mode == 3 ? <f32>1.0 / (<f32>1.0 + exp_f32(-value)) : mode < 2 ? exp_f32(value - top) / all : exp_f32(value - top);
      store<f32>(weight + (<usize>j << 2), w);
      sum += w;
    }
    const factor: f32 = mode == 0 ? scale : scale / sum;
    for (let j = 0; j < k; j++) store<f32>(weight + (<usize>j << 2), load<f32>(weight + (<usize>j << 2)) * factor);
  }
}

function chosen(ids: usize, count: i32, expert: i32): bool {
  for (let j = 0; j < count; j++) if (load<i32>(ids + (<usize>j << 2)) == expert) return true;
  return false;
}

/** out[row] = sum over j of weights[row][j] x[row k + j], j in order. */
export function combine(out: usize, x: usize, weights: usize, rows: i32, k: i32, stride: usize, rank: i32, threads: i32): void {
  const to = split_to(rows, rank, threads);
  for (let r = split_from(rows, rank, threads); r < to; r++) {
    for (let p: usize = 0; p < stride; p += 16) {
      let y = f32x4.splat(0);
      for (let j = 0; j < k; j++) {
        const w = v128.load32_splat(weights + (<usize>(r * k + j) << 2));
        y = f32x4.add(y, f32x4.mul(w, v128.load(x + <usize>(r * k + j) * stride + p)));
      }
      v128.store(out + <usize>r * stride + p, y);
    }
  }
}

/** Adds to row i the bias of its expert: bias[expert][columns]. */
export function add_expert_bias(out: usize, x: usize, bias: usize, experts: usize, rows: i32, columns: i32, stride: usize, rank: i32, threads: i32): void {
  const to = split_to(rows, rank, threads);
  for (let i = split_from(rows, rank, threads); i < to; i++) {
    const row = bias + <usize>load<i32>(experts + (<usize>i << 2)) * (<usize>columns << 2);
    for (let p: usize = 0; p < <usize>columns << 2; p += 4) store<f32>(out + <usize>i * stride + p, load<f32>(x + <usize>i * stride + p) + load<f32>(row + p));
  }
}
