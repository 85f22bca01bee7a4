/**
 * Attention over a q16 cache (ops/kv.ts): products of 16-bit integers, exact within 32 numbers of a head (scores) or the
 * 16 positions of a page (values), which meet floats once.
 *
 * Integers keep within bounds that let a sum of them fit 32 bits: queries, K and V within +-8191, weights 0 .. 16383;
 * 32 x 8191 x 8191 and 16 x 16383 x 8191 are below 2^31.
 */
import { nearest_i32x4, splat0, splat1 } from "../simd/lanes";
import { touch, touched_share } from "../simd/touch";
import { numbers_q16 } from "./quantize";

/** Bytes of a quantized query head: | scale f32 of each block of 32, to 16 bytes | [32 x blocks] i16 |. */
// @ts-ignore: decorator
@inline
export function query_bytes(headDim: i32): usize {
  const blocks = <usize>((headDim + 31) >> 5);
  return scale_bytes(headDim) + (blocks << 6);
}

// @ts-ignore: decorator
@inline
function scale_bytes(headDim: i32): usize {
  return (<usize>((headDim + 31) >> 5 << 2) + 15) & ~15;
}

/** One query head times `scale` as 16-bit integers. */
export function quantize_query(query: usize, headDim: i32, scale: f32, out: usize): void {
  let into = out + scale_bytes(headDim);
  for (let first = 0; first < headDim; first += 32, out += 4, query += 128, into += 64) store<f32>(out, numbers_q16(query, min(32, headDim - first), into) * scale);
}

/** Products of `count` query heads with the 16 keys of a page, as floats, to out [count][16]; touches what comes next. */
export function scores_q16(query: usize, queryBytes: usize, count: i32, headDim: i32, key: usize, out: usize, next: usize, nextBytes: usize): void {
  const share = touched_share(nextBytes, count), end = next + nextBytes;
  for (; count > 0; count -= 2, query += queryBytes << 1, out += 128, next += share) {
    touch(next, min(next + share, end));
    if (count > 1) scores_q16_2(query, queryBytes, headDim, key, out);
    else scores_q16_1(query, headDim, key, out);
  }
}

/** The products of one query head. */
function scores_q16_1(query: usize, headDim: i32, key: usize, out: usize): void {
  let q = query + scale_bytes(headDim);
  for (let first = 0; first < headDim; first += 32, query += 4) {
    const scales = key;
    key += 64;
    let a = i32x4.splat(0), b = a, c = a, d = a;
    for (const end = key + (<usize>((min(32, headDim - first) + 1) >> 1) << 6); key < end; key += 64, q += 4) {
      const x = v128.load32_splat(q);
      a = i32x4.add(a, i32x4.dot_i16x8_s(x, v128.load(key)));
      b = i32x4.add(b, i32x4.dot_i16x8_s(x, v128.load(key, 16)));
      c = i32x4.add(c, i32x4.dot_i16x8_s(x, v128.load(key, 32)));
      d = i32x4.add(d, i32x4.dot_i16x8_s(x, v128.load(key, 48)));
    }
    add_block(first == 0, out, scales, v128.load32_splat(query), a, b, c, d);
  }
}

/** The same of two query heads, queryBytes apart. */
function scores_q16_2(query: usize, queryBytes: usize, headDim: i32, key: usize, out: usize): void {
  let q = query + scale_bytes(headDim);
  for (let first = 0; first < headDim; first += 32, query += 4) {
    const scales = key;
    key += 64;
    let a = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    const pairs = (min(32, headDim - first) + 1) >> 1;
    for (const end = key + (<usize>(pairs >> 1) << 7); key < end; key += 128, q += 8) {
      const x2 = v128.load64_splat(q), y2 = v128.load64_splat(q + queryBytes);
      let x = splat0(x2), y = splat0(y2), k = v128.load(key);
      a = i32x4.add(a, i32x4.dot_i16x8_s(x, k)); e = i32x4.add(e, i32x4.dot_i16x8_s(y, k)); k = v128.load(key, 16);
      b = i32x4.add(b, i32x4.dot_i16x8_s(x, k)); f = i32x4.add(f, i32x4.dot_i16x8_s(y, k)); k = v128.load(key, 32);
      c = i32x4.add(c, i32x4.dot_i16x8_s(x, k)); g = i32x4.add(g, i32x4.dot_i16x8_s(y, k)); k = v128.load(key, 48);
      d = i32x4.add(d, i32x4.dot_i16x8_s(x, k)); h = i32x4.add(h, i32x4.dot_i16x8_s(y, k));
      x = splat1(x2); y = splat1(y2); k = v128.load(key, 64);
      a = i32x4.add(a, i32x4.dot_i16x8_s(x, k)); e = i32x4.add(e, i32x4.dot_i16x8_s(y, k)); k = v128.load(key, 80);
      b = i32x4.add(b, i32x4.dot_i16x8_s(x, k)); f = i32x4.add(f, i32x4.dot_i16x8_s(y, k)); k = v128.load(key, 96);
      c = i32x4.add(c, i32x4.dot_i16x8_s(x, k)); g = i32x4.add(g, i32x4.dot_i16x8_s(y, k)); k = v128.load(key, 112);
      d = i32x4.add(d, i32x4.dot_i16x8_s(x, k)); h = i32x4.add(h, i32x4.dot_i16x8_s(y, k));
    }
    if (pairs & 1) {
      const x = v128.load32_splat(q), y = v128.load32_splat(q + queryBytes);
      const k0 = v128.load(key), k1 = v128.load(key, 16), k2 = v128.load(key, 32), k3 = v128.load(key, 48);
      a = i32x4.add(a, i32x4.dot_i16x8_s(x, k0)); e = i32x4.add(e, i32x4.dot_i16x8_s(y, k0));
      b = i32x4.add(b, i32x4.dot_i16x8_s(x, k1)); f = i32x4.add(f, i32x4.dot_i16x8_s(y, k1));
      c = i32x4.add(c, i32x4.dot_i16x8_s(x, k2)); g = i32x4.add(g, i32x4.dot_i16x8_s(y, k2));
      d = i32x4.add(d, i32x4.dot_i16x8_s(x, k3)); h = i32x4.add(h, i32x4.dot_i16x8_s(y, k3));
      key += 64;
      q += 4;
    }
    add_block(first == 0, out, scales, v128.load32_splat(query), a, b, c, d);
    add_block(first == 0, out + 64, scales, v128.load32_splat(query + queryBytes), e, f, g, h);
  }
}

/** Sums x scales of the keys x the query's scale, to out[16]: in place of what is there for the first block, else added. */
// @ts-ignore: decorator
@inline
function add_block(first: bool, out: usize, scales: usize, x: v128, a: v128, b: v128, c: v128, d: v128): void {
  a = f32x4.mul(f32x4.convert_i32x4_s(a), f32x4.mul(v128.load(scales), x));
  b = f32x4.mul(f32x4.convert_i32x4_s(b), f32x4.mul(v128.load(scales, 16), x));
  c = f32x4.mul(f32x4.convert_i32x4_s(c), f32x4.mul(v128.load(scales, 32), x));
  d = f32x4.mul(f32x4.convert_i32x4_s(d), f32x4.mul(v128.load(scales, 48), x));
  if (!first) {
    a = f32x4.add(v128.load(out), a);
    b = f32x4.add(v128.load(out, 16), b);
    c = f32x4.add(v128.load(out, 32), c);
    d = f32x4.add(v128.load(out, 48), d);
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
}

/** Below this a page's weights count as zero: its inverse would not be finite. */
const LEAST: f32 = 1e-30;

/**
 * Softmax weights of `count` heads and a page times the scales of its V, as 16-bit integers: [count][16] i16 at out, their
 * scales at outScale. What slots past `filled` hold as scales does not matter.
 */
export function weigh_q16(weights: usize, count: i32, filled: i32, scales: usize, out: usize, outScale: usize): void {
  const end = weights + (<usize>count << 6);
  if (filled < 16) {
    for (let p = weights; p < end; p += 64) weighted_by_filled(p, filled, scales);
  } else {
    for (let p = weights; p < end; p += 64) {
      v128.store(p, f32x4.mul(v128.load(p), v128.load(scales)));
      v128.store(p, f32x4.mul(v128.load(p, 16), v128.load(scales, 16)), 16);
      v128.store(p, f32x4.mul(v128.load(p, 32), v128.load(scales, 32)), 32);
      v128.store(p, f32x4.mul(v128.load(p, 48), v128.load(scales, 48)), 48);
    }
  }
  for (let p = weights; p < end; p += 64, out += 32, outScale += 4) {
    const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32), d = v128.load(p, 48);
    const four = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
    const two = f32x4.pmax(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1));
    const most = f32x4.extract_lane(f32x4.pmax(two, v128.shuffle<i32>(two, two, 1, 0, 3, 2)), 0);
    const s = f32x4.splat(most > LEAST ? <f32>16383.0 / most : 0);
    v128.store(out, i16x8.narrow_i32x4_s(nearest_i32x4(f32x4.mul(a, s)), nearest_i32x4(f32x4.mul(b, s))));
    v128.store(out, i16x8.narrow_i32x4_s(nearest_i32x4(f32x4.mul(c, s)), nearest_i32x4(f32x4.mul(d, s))), 16);
    store<f32>(outScale, most / <f32>16383.0);
  }
}

function weighted_by_filled(p: usize, filled: i32, scales: usize): void {
  for (let i = 0; i < 16; i++) {
    const at = <usize>i << 2;
    store<f32>(p + at, i < filled ? load<f32>(p + at) * load<f32>(scales + at) : 0);
  }
}

/**
 * weighted = weighted x shrink + weights x values of a page, of `count` heads; touches what comes next. weights: 16-bit
 * integers of the first `pairs` pairs of positions, an even number, their scale weightScale; value: past the page's
 * scales; padded: bytes of a head.
 */
export function values_q16(weights: usize, count: i32, value: usize, pairs: i32, padded: usize, weighted: usize, shrink: usize, weightScale: usize, next: usize, nextBytes: usize): void {
  const share = touched_share(nextBytes, count), end = next + nextBytes;
  for (; count > 0; count -= 2, weights += 64, weighted += padded << 1, shrink += 8, weightScale += 8, next += share) {
    touch(next, min(next + share, end));
    if (count > 1) values_q16_2(weights, value, pairs, padded, weighted, shrink, weightScale);
    else values_q16_1(weights, value, pairs, padded, 0, weighted, shrink, weightScale);
  }
}

/** The values of one head, from byte `at` of it on. */
function values_q16_1(weights: usize, value: usize, pairs: i32, padded: usize, at: usize, weighted: usize, shrink: usize, weightScale: usize): void {
  const s = v128.load32_splat(shrink), t = v128.load32_splat(weightScale);
  const end = weights + (<usize>pairs << 2);
  for (; at < padded; at += 16) {
    let y = i32x4.splat(0);
    let v = value + at;
    for (let w = weights; w < end; w += 4, v += padded) y = i32x4.add(y, i32x4.dot_i16x8_s(v128.load32_splat(w), v128.load(v)));
    join(weighted + at, s, t, y);
  }
}

/** The same of two heads: weights 32 bytes apart, sums padded, factors 4. */
function values_q16_2(weights: usize, value: usize, pairs: i32, padded: usize, weighted: usize, shrink: usize, weightScale: usize): void {
  const s = v128.load32_splat(shrink), t = v128.load32_splat(weightScale);
  const s2 = v128.load32_splat(shrink, 4), t2 = v128.load32_splat(weightScale, 4);
  const end = weights + (<usize>pairs << 2);
  let at: usize = 0;
  for (const wide = padded & ~63; at < wide; at += 64) {
    let a = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    let v = value + at;
    for (let w = weights; w < end; w += 8, v += padded << 1) {
      const x2 = v128.load64_splat(w), y2 = v128.load64_splat(w, 32);
      let x = splat0(x2), y = splat0(y2), k = v128.load(v);
      a = i32x4.add(a, i32x4.dot_i16x8_s(x, k)); e = i32x4.add(e, i32x4.dot_i16x8_s(y, k)); k = v128.load(v, 16);
      b = i32x4.add(b, i32x4.dot_i16x8_s(x, k)); f = i32x4.add(f, i32x4.dot_i16x8_s(y, k)); k = v128.load(v, 32);
      c = i32x4.add(c, i32x4.dot_i16x8_s(x, k)); g = i32x4.add(g, i32x4.dot_i16x8_s(y, k)); k = v128.load(v, 48);
      d = i32x4.add(d, i32x4.dot_i16x8_s(x, k)); h = i32x4.add(h, i32x4.dot_i16x8_s(y, k));
      const u = v + padded;
      x = splat1(x2); y = splat1(y2); k = v128.load(u);
      a = i32x4.add(a, i32x4.dot_i16x8_s(x, k)); e = i32x4.add(e, i32x4.dot_i16x8_s(y, k)); k = v128.load(u, 16);
      b = i32x4.add(b, i32x4.dot_i16x8_s(x, k)); f = i32x4.add(f, i32x4.dot_i16x8_s(y, k)); k = v128.load(u, 32);
      c = i32x4.add(c, i32x4.dot_i16x8_s(x, k)); g = i32x4.add(g, i32x4.dot_i16x8_s(y, k)); k = v128.load(u, 48);
      d = i32x4.add(d, i32x4.dot_i16x8_s(x, k)); h = i32x4.add(h, i32x4.dot_i16x8_s(y, k));
    }
    const p = weighted + at, r = p + padded;
    join(p, s, t, a);
    join(p + 16, s, t, b);
    join(p + 32, s, t, c);
    join(p + 48, s, t, d);
    join(r, s2, t2, e);
    join(r + 16, s2, t2, f);
    join(r + 32, s2, t2, g);
    join(r + 48, s2, t2, h);
  }
  if (at < padded) {
    values_q16_1(weights, value, pairs, padded, at, weighted, shrink, weightScale);
    values_q16_1(weights + 32, value, pairs, padded, at, weighted + padded, shrink + 4, weightScale + 4);
  }
}

/** Four of weighted: times shrink s, plus sums times their scale t. */
// @ts-ignore: decorator
@inline
function join(weighted: usize, s: v128, t: v128, sum: v128): void {
  v128.store(weighted, f32x4.add(f32x4.mul(v128.load(weighted), s), f32x4.mul(f32x4.convert_i32x4_s(sum), t)));
}
