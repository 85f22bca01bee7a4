/**
 * Attention over a paged KV cache (ops/kv.ts) with an online softmax (arXiv:1805.02867).
 *
 * A sequence's page table maps position p to page table[p >> 4], slot p & 15. One unit of work is one row of the
 * batch with the query heads of one KV head: it walks the row's pages in order, so its bits depend on nothing beside it.
 */
import { exp_f32, exp_f32x4 } from "../simd/exp";
import { split_from, split_to } from "../split";
import { softcap_f32x4 } from "./elementwise";
import { key_head_bytes, padded_dim, value_head_bytes, widen_keys, widen_values } from "./kv";

/**
 * out[row][head] = softmax(scale q k^T) v over positions max(0, p - window + 1) .. last, with last the row's own
 * position p (causal) or its sequence's last position (`lengths`, not 0). window 0 is unlimited; cap 0 is no softcap;
 * sinks (f32 per head, 0 for none) join the softmax's denominator. scratch, per thread: 64 bytes, two floats
 * a query head of the group rounded up to 16 bytes, [group][padded] f32, and for a KV type other than f32 one widened page.
 */
export function attention(
  out: usize, q: usize, stride: usize, keys: usize, values: usize, positions: usize, sequences: usize, tables: usize, lengths: usize, sinks: usize,
  rows: i32, heads: i32, kvHeads: i32, headDim: i32, scale: f32, window: i32, cap: f32, type: i32, scratch: usize, scratchBytes: usize, rank: i32, threads: i32,
): void {
  const group = heads / kvHeads;
  const padded = padded_dim(headDim);
  const keyHead = key_head_bytes(type, headDim);
  const valueHead = value_head_bytes(type, headDim);
  const keyPage = keyHead * <usize>kvHeads;
  const valuePage = valueHead * <usize>kvHeads;
  const mine = scratch + <usize>rank * scratchBytes;
  const weights = mine;                                        // [16] f32: softmax weights of one page
  const maxima = mine + 64;                                    // [group] f32
  const sums = maxima + (<usize>group << 2);                   // [group] f32
  const sums16 = (sums + (<usize>group << 2) + 15) & ~15;      // [group][padded] f32: weighted values
  const wideKeys = sums16 + (<usize>(group * padded) << 2);     // [headDim][16] f32
  const wideValues = wideKeys + (<usize>headDim << 6);         // [16][padded] f32
  const total = rows * kvHeads;
  const to = split_to(total, rank, threads);
  for (let unit = split_from(total, rank, threads); unit < to; unit++) {
    const row = unit / kvHeads, kvHead = unit % kvHeads;
    const sequence = <usize>load<i32>(sequences + (<usize>row << 2));
    const position = load<i32>(positions + (<usize>row << 2));
    const last = lengths != 0 ? load<i32>(lengths + (sequence << 2)) - 1 : position;
    const first = window > 0 ? max(0, position - window + 1) : 0;
    const table = <usize>load<u32>(tables + (sequence << 2));
    const query = q + <usize>row * stride + (<usize>(kvHead * group * headDim) << 2);
    for (let g = 0; g < group; g++) {
      store<f32>(maxima + (<usize>g << 2), sinks != 0 ? load<f32>(sinks + (<usize>(kvHead * group + g) << 2)) : -Infinity);
      store<f32>(sums + (<usize>g << 2), sinks != 0 ? 1 : 0);
    }
    memory.fill(sums16, 0, <usize>(group * padded) << 2);
    for (let start = first & ~15; start <= last; start += 16) {
      const page = <usize>load<u32>(table + (<usize>(start >> 4) << 2));
      let key = keys + page * keyPage + <usize>kvHead * keyHead;
      let value = values + page * valuePage + <usize>kvHead * valueHead;
      if (type != 0) {
        widen_keys(type, key, headDim, wideKeys);
        widen_values(type, value, headDim, min(16, last - start + 1), wideValues);
        key = wideKeys;
        value = wideValues;
      }
      for (let g = 0; g < group; g++) {
        one_page(query + (<usize>(g * headDim) << 2), key, value, headDim, padded, start, first, last, scale, cap, weights, maxima + (<usize>g << 2), sums + (<usize>g << 2), sums16 + (<usize>(g * padded) << 2));
      }
    }
    const into = out + <usize>row * stride + (<usize>(kvHead * group * headDim) << 2);
    for (let g = 0; g < group; g++) {
      const inverse: f32 = <f32>1.0 / load<f32>(sums + (<usize>g << 2));
      const from = sums16 + (<usize>(g * padded) << 2);
      const at = into + (<usize>(g * headDim) << 2);
      for (let d = 0; d < headDim; d++) store<f32>(at + (<usize>d << 2), load<f32>(from + (<usize>d << 2)) * inverse);
    }
  }
}

// @ts-ignore: decorator
@inline
function sum_lanes(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}

// @ts-ignore: decorator
@inline
function max_lanes(a: v128): f32 {
  return max(max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)), max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)));
}

/** Positions outside first .. last get -1e30: exp of it is 0 after the maximum is taken off, and clamped lanes are cleared. */
// @ts-ignore: decorator
@inline
function masked(score: v128, position: v128, first: i32, last: i32): v128 {
  const inside = v128.and(i32x4.ge_s(position, i32x4.splat(first)), i32x4.le_s(position, i32x4.splat(last)));
  return v128.bitselect(score, f32x4.splat(-1e30), inside);
}

/** One page for one query head: scores, running maximum and sum, weighted values. */
function one_page(query: usize, key: usize, value: usize, headDim: i32, padded: i32, start: i32, first: i32, last: i32, scale: f32, cap: f32, weights: usize, maximum: usize, sum: usize, weighted: usize): void {
  let a = f32x4.splat(0), b = a, c = a, d = a;
  const end = query + (<usize>headDim << 2);
  for (; query < end; query += 4, key += 64) {
    const x = v128.load32_splat(query);
    a = f32x4.add(a, f32x4.mul(x, v128.load(key)));
    b = f32x4.add(b, f32x4.mul(x, v128.load(key, 16)));
    c = f32x4.add(c, f32x4.mul(x, v128.load(key, 32)));
    d = f32x4.add(d, f32x4.mul(x, v128.load(key, 48)));
  }
  const s = f32x4.splat(scale);
  a = f32x4.mul(a, s);
  b = f32x4.mul(b, s);
  c = f32x4.mul(c, s);
  d = f32x4.mul(d, s);
  if (cap != 0) {
    a = softcap_f32x4(a, cap);
    b = softcap_f32x4(b, cap);
    c = softcap_f32x4(c, cap);
    d = softcap_f32x4(d, cap);
  }
  if (start < first || start + 15 > last) {
    const p = i32x4.add(i32x4.splat(start), i32x4(0, 1, 2, 3));
    a = masked(a, p, first, last);
    b = masked(b, i32x4.add(p, i32x4.splat(4)), first, last);
    c = masked(c, i32x4.add(p, i32x4.splat(8)), first, last);
    d = masked(d, i32x4.add(p, i32x4.splat(12)), first, last);
  }
  const before = load<f32>(maximum);
  const now = max(before, max_lanes(f32x4.max(f32x4.max(a, b), f32x4.max(c, d))));
  const m = f32x4.splat(now);
  const floor = f32x4.splat(-80);
  a = weight_of(f32x4.sub(a, m), floor);
  b = weight_of(f32x4.sub(b, m), floor);
  c = weight_of(f32x4.sub(c, m), floor);
  d = weight_of(f32x4.sub(d, m), floor);
  v128.store(weights, a);
  v128.store(weights, b, 16);
  v128.store(weights, c, 32);
  v128.store(weights, d, 48);
  const shrink: f32 = now > before ? (before == -Infinity ? 0 : exp_f32(before - now)) : 1;
  store<f32>(maximum, now);
  store<f32>(sum, load<f32>(sum) * shrink + sum_lanes(f32x4.add(f32x4.add(a, b), f32x4.add(c, d))));
  // Slots past `last` may hold another sequence's values: they are not read at all, so not even a NaN there matters.
  const count = min(16, last - start + 1);
  const rowBytes = <usize>padded << 2;
  const shrunk = f32x4.splat(shrink);
  for (let at: usize = 0; at < rowBytes; at += 16) {
    let y = f32x4.mul(v128.load(weighted + at), shrunk);
    let v = value + at;
    for (let t: usize = 0; t < <usize>count << 2; t += 4, v += rowBytes) {
      y = f32x4.add(y, f32x4.mul(v128.load32_splat(weights + t), v128.load(v)));
    }
    v128.store(weighted + at, y);
  }
}

/** exp(x), and exactly 0 below the floor. */
// @ts-ignore: decorator
@inline
function weight_of(x: v128, floor: v128): v128 {
  return v128.and(exp_f32x4(x), f32x4.ge(x, floor));
}
