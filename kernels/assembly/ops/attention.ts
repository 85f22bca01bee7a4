/**
 * Attention over a paged KV cache (ops/kv.ts) with an online softmax (arXiv:1805.02867).
 *
 * A sequence's page table maps position p to page table[p >> 4], slot p & 15. A thread works on some of a row's query
 * heads: it walks the row's pages in order, and in each page the KV heads in order, as they lie in memory. What a head
 * gets depends on nothing beside it.
 */
import { exp_16, exp_f32 } from "../simd/exp";
import { touch, touched_share } from "../simd/touch";
import { take } from "../split";
import { quantize_query, query_bytes, scores_q16, values_q16, weigh_q16 } from "./attention_q16";
import { softcap_f32x4 } from "./elementwise";
import { key_head_bytes, padded_dim, VALUE_SCALES_Q16, value_head_bytes, widen_keys, widen_values } from "./kv";

/**
 * out[row][head] = softmax(scale q k^T) v over positions max(0, p - window + 1) .. last, with last the row's own
 * position p (causal) or its sequence's last position (`lengths`, not 0). window 0 is unlimited; cap 0 is no softcap;
 * sinks (f32 per head, 0 for none) join the softmax's denominator.
 *
 * scratch, for each thread scratchBytes; a group is the query heads of one KV head:
 *
 *   | maxima, sums, shrinks, weight scales [heads] each, to 16 bytes | values [heads][padded] | scores [group][16] | rest |
 *
 * all f32. rest, by KV type: f32 nothing; f16 and q8_0 a widened page of one head, K [headDim][16], V [16][padded], f32;
 * q16 the quantized queries [heads] and weights [group][16] i16 (attention_q16.ts).
 */
export function attention(
  out: usize, q: usize, stride: usize, keys: usize, values: usize, positions: usize, sequences: usize, tables: usize, lengths: usize, sinks: usize,
  rows: i32, heads: i32, kvHeads: i32, headDim: i32, scale: f32, window: i32, cap: f32, type: i32, scratch: usize, scratchBytes: usize, taken: usize, rank: i32, threads: i32,
): void {
  const group = heads / kvHeads;
  // A group's heads share what is read and widened: they are parted only where whole groups would not come out even.
  const even = rows * kvHeads;
  const unit = even % threads != 0 && even < threads * 4 ? 1 : group;
  const padded = <usize>padded_dim(headDim) << 2;
  const keyHead = key_head_bytes(type, headDim), valueHead = value_head_bytes(type, headDim);
  const headBytes = <usize>headDim << 2, queryBytes = query_bytes(headDim);
  const integers = type == 3;
  const stateBytes = <usize>heads << 2;
  const states = scratch + <usize>rank * scratchBytes;
  const shrinks = states + stateBytes * 2, weightScales = shrinks + stateBytes;
  const weighted = (weightScales + stateBytes + 15) & ~15;
  const scores = weighted + <usize>heads * padded;
  const wideKeys = scores + (<usize>group << 6), wideValues = wideKeys + (<usize>headDim << 6);
  const queries = wideKeys, weights = queries + <usize>heads * queryBytes;
  const all = rows * heads;
  // Rows of a prompt see more and more positions, so threads come for one at a time; of few rows each takes a share.
  const size = rows >= threads << 2 ? heads : (all / unit + threads - 1) / threads * unit;
  let at = take(taken, size), to = min(at + size, all);
  while (at < all) {
    const row = at / heads;
    const firstHead = at - row * heads, endHead = min(heads, to - row * heads);
    const sequence = <usize>load<i32>(sequences + (<usize>row << 2));
    const position = load<i32>(positions + (<usize>row << 2));
    const last = lengths != 0 ? load<i32>(lengths + (sequence << 2)) - 1 : position;
    const first = window > 0 ? max(0, position - window + 1) : 0;
    const table = <usize>load<u32>(tables + (sequence << 2));
    const query = q + <usize>row * stride;
    for (let h = firstHead; h < endHead; h++) {
      const state = states + (<usize>h << 2);
      store<f32>(state, sinks != 0 ? load<f32>(sinks + (<usize>h << 2)) : -Infinity);
      store<f32>(state + stateBytes, sinks != 0 ? 1 : 0);
      if (integers) quantize_query(query + <usize>h * headBytes, headDim, scale, queries + <usize>h * queryBytes);
    }
    memory.fill(weighted + <usize>firstHead * padded, 0, <usize>(endHead - firstHead) * padded);
    const firstGroup = firstHead / group, endGroup = (endHead - 1) / group + 1;
    for (let start = first & ~15; start <= last; start += 16) {
      const page = <usize>load<u32>(table + (<usize>(start >> 4) << 2)) * <usize>kvHeads;
      const next = <usize>load<u32>(table + (<usize>(min(start + 16, last) >> 4) << 2)) * <usize>kvHeads;
      // Slots past `last` may hold another sequence's values: they are not read at all, so not even a NaN there matters.
      const filled = min(16, last - start + 1);
      for (let kvHead = firstGroup; kvHead < endGroup; kvHead++) {
        const from = max(firstHead, kvHead * group), count = min(endHead, (kvHead + 1) * group) - from;
        let key = keys + (page + <usize>kvHead) * keyHead;
        let value = values + (page + <usize>kvHead) * valueHead;
        const ahead = kvHead + 1 < endGroup ? page + <usize>(kvHead + 1) : next + <usize>firstGroup;
        const state = states + (<usize>from << 2);
        const sums = weighted + <usize>from * padded;
        if (type == 1 || type == 2) {
          widen_keys(type, key, headDim, wideKeys);
          widen_values(type, value, headDim, filled, wideValues);
          key = wideKeys;
          value = wideValues;
        }
        const nextKey = keys + ahead * keyHead, nextValue = values + ahead * valueHead;
        if (integers) {
          const weightScale = weightScales + (<usize>from << 2);
          scores_q16(queries + <usize>from * queryBytes, queryBytes, count, headDim, key, scores, nextKey, keyHead);
          softmax_page(scores, count, start, first, last, cap, state, stateBytes);
          weigh_q16(scores, count, filled, value, weights, weightScale);
          values_q16(weights, count, value + VALUE_SCALES_Q16, (filled + 3) >> 2 << 1, padded, sums, state + stateBytes * 2, weightScale, nextValue, valueHead);
        } else {
          scores_f32(query + <usize>from * headBytes, headBytes, count, key, scale, scores, nextKey, keyHead);
          softmax_page(scores, count, start, first, last, cap, state, stateBytes);
          values_f32(scores, count, value, filled, padded, sums, state + stateBytes * 2, nextValue, valueHead);
        }
      }
    }
    for (let h = <usize>firstHead; h < <usize>endHead; h++) {
      const inverse: f32 = <f32>1.0 / load<f32>(states + stateBytes + (h << 2));
      const from = weighted + h * padded, into = out + <usize>row * stride + h * headBytes;
      const factor = f32x4.splat(inverse);
      let d: usize = 0;
      for (; d + 16 <= headBytes; d += 16) v128.store(into + d, f32x4.mul(v128.load(from + d), factor));
      for (; d < headBytes; d += 4) store<f32>(into + d, load<f32>(from + d) * inverse);
    }
    at = row * heads + endHead;
    if (at == to) {
      at = take(taken, size);
      to = min(at + size, all);
    }
  }
}

// @ts-ignore: decorator
@inline
function sum_lanes(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}

/** The largest lane of a and of before, in lane 0. */
// @ts-ignore: decorator
@inline
function max_of(before: v128, a: v128): v128 {
  const two = f32x4.pmax(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  return f32x4.pmax(before, f32x4.pmax(two, v128.shuffle<i32>(two, two, 1, 0, 3, 2)));
}

/** Positions outside first .. last get -1e30: exp of it is 0 after the maximum is taken off, and clamped lanes are cleared. */
// @ts-ignore: decorator
@inline
function masked(score: v128, position: v128, first: i32, last: i32): v128 {
  const inside = v128.and(i32x4.ge_s(position, i32x4.splat(first)), i32x4.le_s(position, i32x4.splat(last)));
  return v128.bitselect(score, f32x4.splat(-1e30), inside);
}

/** Products of `count` query heads with the 16 keys of a page, times scale, to out [count][16]; touches what comes next. */
function scores_f32(query: usize, headBytes: usize, count: i32, key: usize, scale: f32, out: usize, next: usize, nextBytes: usize): void {
  const share = touched_share(nextBytes, count), end = next + nextBytes;
  for (; count > 0; count -= 2, query += headBytes << 1, out += 128, next += share) {
    touch(next, min(next + share, end));
    if (count > 1) scores_2(query, headBytes, key, scale, out);
    else scores_1(query, headBytes, key, scale, out);
  }
}

/** The products of one query head. */
function scores_1(query: usize, headBytes: usize, key: usize, scale: f32, out: usize): void {
  let a = f32x4.splat(0), b = a, c = a, d = a;
  for (const end = query + headBytes; query < end; query += 4, key += 64) {
    const x = v128.load32_splat(query);
    a = f32x4.add(a, f32x4.mul(x, v128.load(key)));
    b = f32x4.add(b, f32x4.mul(x, v128.load(key, 16)));
    c = f32x4.add(c, f32x4.mul(x, v128.load(key, 32)));
    d = f32x4.add(d, f32x4.mul(x, v128.load(key, 48)));
  }
  const s = f32x4.splat(scale);
  v128.store(out, f32x4.mul(a, s));
  v128.store(out, f32x4.mul(b, s), 16);
  v128.store(out, f32x4.mul(c, s), 32);
  v128.store(out, f32x4.mul(d, s), 48);
}

/** The same of two query heads, headBytes apart. */
function scores_2(query: usize, headBytes: usize, key: usize, scale: f32, out: usize): void {
  let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (const end = query + headBytes; query < end; query += 4, key += 64) {
    const x = v128.load32_splat(query), y = v128.load32_splat(query + headBytes);
    const k0 = v128.load(key), k1 = v128.load(key, 16), k2 = v128.load(key, 32), k3 = v128.load(key, 48);
    a = f32x4.add(a, f32x4.mul(x, k0));
    e = f32x4.add(e, f32x4.mul(y, k0));
    b = f32x4.add(b, f32x4.mul(x, k1));
    f = f32x4.add(f, f32x4.mul(y, k1));
    c = f32x4.add(c, f32x4.mul(x, k2));
    g = f32x4.add(g, f32x4.mul(y, k2));
    d = f32x4.add(d, f32x4.mul(x, k3));
    h = f32x4.add(h, f32x4.mul(y, k3));
  }
  const s = f32x4.splat(scale);
  v128.store(out, f32x4.mul(a, s));
  v128.store(out, f32x4.mul(b, s), 16);
  v128.store(out, f32x4.mul(c, s), 32);
  v128.store(out, f32x4.mul(d, s), 48);
  v128.store(out, f32x4.mul(e, s), 64);
  v128.store(out, f32x4.mul(f, s), 80);
  v128.store(out, f32x4.mul(g, s), 96);
  v128.store(out, f32x4.mul(h, s), 112);
}

/**
 * Scores of `count` heads and a page to weights, in place; updates maxima, sums and the factors that shrink what came
 * before. Each loop does a short part for all heads: chains of one head after another would leave the processor waiting.
 */
function softmax_page(scores: usize, count: i32, start: i32, first: i32, last: i32, cap: f32, state: usize, stateBytes: usize): void {
  const end = scores + (<usize>count << 6);
  if (cap != 0) for (let p = scores; p < end; p += 16) v128.store(p, softcap_f32x4(v128.load(p), cap));
  if (start < first || start + 15 > last) {
    for (let p = scores; p < end; p += 16) {
      const position = i32x4.add(i32x4.splat(start + <i32>((p - scores) >> 2 & 15)), i32x4(0, 1, 2, 3));
      v128.store(p, masked(v128.load(p), position, first, last));
    }
  }
  for (let p = scores, at = state; p < end; p += 64, at += 4) {
    const before = load<f32>(at);
    const most = f32x4.pmax(f32x4.pmax(v128.load(p), v128.load(p, 16)), f32x4.pmax(v128.load(p, 32), v128.load(p, 48)));
    const now = f32x4.extract_lane(max_of(v128.load32_splat(at), most), 0);
    store<f32>(at, now);
    store<f32>(at + stateBytes * 2, now > before ? (before == -Infinity ? 0 : exp_f32(before - now)) : 1);
  }
  for (let p = scores, at = state; p < end; p += 64, at += 4) {
    const sum = at + stateBytes;
    store<f32>(sum, load<f32>(sum) * load<f32>(sum + stateBytes) + sum_lanes(exp_16(p, v128.load32_splat(at))));
  }
}

/** weighted = weighted x shrink + weights x values of a page's first `filled` slots, of `count` heads; touches what comes next. */
function values_f32(weights: usize, count: i32, value: usize, filled: i32, padded: usize, weighted: usize, shrink: usize, next: usize, nextBytes: usize): void {
  const share = touched_share(nextBytes, count), end = next + nextBytes;
  for (; count > 0; count -= 2, weights += 128, weighted += padded << 1, shrink += 8, next += share) {
    touch(next, min(next + share, end));
    if (count > 1) values_2(weights, value, filled, padded, weighted, shrink);
    else values_1(weights, value, filled, padded, 0, weighted, shrink);
  }
}

/** The values of one head, from byte `at` of it on. */
function values_1(weights: usize, value: usize, filled: i32, padded: usize, at: usize, weighted: usize, shrink: usize): void {
  const s = v128.load32_splat(shrink);
  const end = weights + (<usize>filled << 2);
  for (; at < padded; at += 16) {
    let y = f32x4.mul(v128.load(weighted + at), s);
    let v = value + at;
    for (let w = weights; w < end; w += 4, v += padded) y = f32x4.add(y, f32x4.mul(v128.load32_splat(w), v128.load(v)));
    v128.store(weighted + at, y);
  }
}

/** The same of two heads: weights 64 bytes apart, sums padded, factors 4. */
function values_2(weights: usize, value: usize, filled: i32, padded: usize, weighted: usize, shrink: usize): void {
  const s = v128.load32_splat(shrink), t = v128.load32_splat(shrink, 4);
  const end = weights + (<usize>filled << 2);
  let at: usize = 0;
  for (const wide = padded & ~63; at < wide; at += 64) {
    const p = weighted + at, r = p + padded;
    let a = f32x4.mul(v128.load(p), s), b = f32x4.mul(v128.load(p, 16), s), c = f32x4.mul(v128.load(p, 32), s), d = f32x4.mul(v128.load(p, 48), s);
    let e = f32x4.mul(v128.load(r), t), f = f32x4.mul(v128.load(r, 16), t), g = f32x4.mul(v128.load(r, 32), t), h = f32x4.mul(v128.load(r, 48), t);
    let v = value + at;
    for (let w = weights; w < end; w += 4, v += padded) {
      const x = v128.load32_splat(w), y = v128.load32_splat(w, 64);
      const v0 = v128.load(v), v1 = v128.load(v, 16), v2 = v128.load(v, 32), v3 = v128.load(v, 48);
      a = f32x4.add(a, f32x4.mul(x, v0));
      e = f32x4.add(e, f32x4.mul(y, v0));
      b = f32x4.add(b, f32x4.mul(x, v1));
      f = f32x4.add(f, f32x4.mul(y, v1));
      c = f32x4.add(c, f32x4.mul(x, v2));
      g = f32x4.add(g, f32x4.mul(y, v2));
      d = f32x4.add(d, f32x4.mul(x, v3));
      h = f32x4.add(h, f32x4.mul(y, v3));
    }
    v128.store(p, a);
    v128.store(p, b, 16);
    v128.store(p, c, 32);
    v128.store(p, d, 48);
    v128.store(r, e);
    v128.store(r, f, 16);
    v128.store(r, g, 32);
    v128.store(r, h, 48);
  }
  if (at < padded) {
    values_1(weights, value, filled, padded, at, weighted, shrink);
    values_1(weights + 64, value, filled, padded, at, weighted + padded, shrink + 4);
  }
}
