/**
 * Attention over a paged KV cache (ops/kv.ts) with an online softmax (arXiv:1805.02867).
 *
 * A sequence's page table maps position p to page table[p >> 4], slot p & 15. A thread works on some of a row's query
 * heads: it walks the row's pages in order, and in each page the KV heads in order, as they lie in memory. What a head
 * gets depends on nothing beside it.
 */
import { exp_16, exp_f32 } from "../simd/exp";
import { split_from, split_to } from "../split";
import { quantize_query, query_bytes, scores_q16_1, scores_q16_2, values_q16_1, values_q16_2, weigh_q16 } from "./attention_q16";
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
  rows: i32, heads: i32, kvHeads: i32, headDim: i32, scale: f32, window: i32, cap: f32, type: i32, scratch: usize, scratchBytes: usize, rank: i32, threads: i32,
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
  const units = rows * (heads / unit);
  const to = split_to(units, rank, threads) * unit;
  for (let at = split_from(units, rank, threads) * unit; at < to; ) {
    const row = at / heads;
    const firstHead = at - row * heads, endHead = min(heads, to - row * heads);
    at = row * heads + endHead;
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
        const keyShare = (keyHead / <usize>count + 63) & ~63, valueShare = (valueHead / <usize>count + 63) & ~63;
        const state = states + (<usize>from << 2), shrink = shrinks + (<usize>from << 2);
        const sums = weighted + <usize>from * padded;
        if (type == 1 || type == 2) {
          widen_keys(type, key, headDim, wideKeys);
          widen_values(type, value, headDim, filled, wideValues);
          key = wideKeys;
          value = wideValues;
        }
        if (integers) {
          const heads16 = queries + <usize>from * queryBytes;
          let g = 0;
          for (; g + 2 <= count; g += 2) scores_q16_2(heads16 + <usize>g * queryBytes, queryBytes, headDim, key, scores + (<usize>g << 6));
          if (g < count) scores_q16_1(heads16 + <usize>g * queryBytes, headDim, key, scores + (<usize>g << 6));
        } else {
          const heads32 = query + <usize>from * headBytes;
          let g = 0;
          for (; g + 2 <= count; g += 2) scores_2(heads32 + <usize>g * headBytes, headBytes, key, scale, scores + (<usize>g << 6));
          if (g < count) scores_1(heads32 + <usize>g * headBytes, headBytes, key, scale, scores + (<usize>g << 6));
        }
        for (let g = 0; g < count; g++) {
          touch_share(keys + ahead * keyHead, keyHead, keyShare, g, shrink);
          touch_share(values + ahead * valueHead, valueHead, valueShare, g, shrink);
          softmax_16(scores + (<usize>g << 6), start, first, last, cap, state + (<usize>g << 2), stateBytes);
        }
        if (integers) {
          const pairs = (filled + 1) >> 1, weightScale = weightScales + (<usize>from << 2);
          for (let g: usize = 0; g < <usize>count; g++) weigh_q16(scores + (g << 6), value, weights + (g << 5), weightScale + (g << 2));
          value += VALUE_SCALES_Q16;
          let g: usize = 0;
          for (; g + 2 <= <usize>count; g += 2) values_q16_2(weights + (g << 5), value, pairs, padded, sums + g * padded, shrink + (g << 2), weightScale + (g << 2));
          if (g < <usize>count) values_q16_1(weights + (g << 5), value, pairs, padded, 0, sums + g * padded, shrink + (g << 2), weightScale + (g << 2));
        } else {
          let g: usize = 0;
          for (; g + 2 <= <usize>count; g += 2) values_2(scores + (g << 6), value, filled, padded, sums + g * padded, shrink + (g << 2));
          if (g < <usize>count) values_1(scores + (g << 6), value, filled, padded, 0, sums + g * padded, shrink + (g << 2));
        }
      }
    }
    for (let h = <usize>firstHead; h < <usize>endHead; h++) {
      const inverse: f32 = <f32>1.0 / load<f32>(states + stateBytes + (h << 2));
      const from = weighted + h * padded, into = out + <usize>row * stride + h * headBytes;
      for (let d: usize = 0; d < headBytes; d += 4) store<f32>(into + d, load<f32>(from + d) * inverse);
    }
  }
}

/**
 * Reads from each cache line of share g of what comes next, which then is under way when it is needed: pages lie in no
 * order that hardware could follow. `sink` keeps what is read, until softmax_16 writes there.
 */
function touch_share(from: usize, bytes: usize, share: usize, g: i32, sink: usize): void {
  const end = from + min(bytes, share * <usize>(g + 1));
  let all: u32 = 0;
  for (let p = from + share * <usize>g; p < end; p += 64) all |= load<u32>(p);
  store<u32>(sink + (<usize>g << 2), all);
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

/** Products of one query head with the 16 keys of a page, times scale. */
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

/** Scores of one head and page to weights, in place; updates maximum, sum and the factor that shrinks what came before. */
function softmax_16(scores: usize, start: i32, first: i32, last: i32, cap: f32, state: usize, stateBytes: usize): void {
  let a = v128.load(scores), b = v128.load(scores, 16), c = v128.load(scores, 32), d = v128.load(scores, 48);
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
  v128.store(scores, a);
  v128.store(scores, b, 16);
  v128.store(scores, c, 32);
  v128.store(scores, d, 48);
  const before = load<f32>(state);
  const now = f32x4.extract_lane(max_of(v128.load32_splat(state), f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d))), 0);
  const shrink: f32 = now > before ? (before == -Infinity ? 0 : exp_f32(before - now)) : 1;
  store<f32>(state, now);
  store<f32>(state + stateBytes, load<f32>(state + stateBytes) * shrink + sum_lanes(exp_16(scores, f32x4.splat(now))));
  store<f32>(state + stateBytes * 2, shrink);
}

/** weighted = weighted x shrink + weights x values of a page's first `count` slots, from byte `at` of the head on. */
function values_1(weights: usize, value: usize, count: i32, padded: usize, at: usize, weighted: usize, shrink: usize): void {
  const s = v128.load32_splat(shrink);
  const end = weights + (<usize>count << 2);
  for (; at < padded; at += 16) {
    let y = f32x4.mul(v128.load(weighted + at), s);
    let v = value + at;
    for (let w = weights; w < end; w += 4, v += padded) y = f32x4.add(y, f32x4.mul(v128.load32_splat(w), v128.load(v)));
    v128.store(weighted + at, y);
  }
}

/** The same of two heads: weights 64 bytes apart, sums padded, factors 4. */
function values_2(weights: usize, value: usize, count: i32, padded: usize, weighted: usize, shrink: usize): void {
  const s = v128.load32_splat(shrink), t = v128.load32_splat(shrink, 4);
  const end = weights + (<usize>count << 2);
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
    values_1(weights, value, count, padded, at, weighted, shrink);
    values_1(weights + 64, value, count, padded, at, weighted + padded, shrink + 4);
  }
}
