/**
 * Pages of the KV cache: 16 positions of one layer; for each KV head
 *
 *   type 0, f32    K: [headDim][16] f32                        V: [16][padded] f32
 *   type 1, f16    K: [headDim][16] f16                        V: [16][padded] f16
 *   type 2, q8_0   K: [blocks] of | 16 scales f16 | [32][16] i8 |
 *                  V: [16] of | scales f16, blocks of them, to 16 bytes | [32 x blocks] i8 |
 *   type 3, q16    K: [blocks] of | 16 scales f32 | [pairs of numbers][16] of 2 i16 |
 *                  V: | 16 scales f32 | [8 pairs of positions][padded] of 2 i16 |
 *
 * padded: headDim up to a multiple of 4. blocks: headDim / 32, rounded up; a block's numbers past headDim are zero (the
 * last block of a q16 K is as short as its pairs). A q16 number is within +-8191, a K's scale is of a position and block,
 * a V's of a position. Pages of f16 and q8_0 are widened into scratch once for all query heads that read them.
 */
import { amax_of, steps_of } from "../simd/amax";
import { f32x4_from_u16_lanes, f32x4_from_usual_halves, load_f16, u16_lanes_from_f32x4 } from "../simd/half";
import { split_from, split_to } from "../split";

// @ts-ignore: decorator
@inline
export function padded_dim(headDim: i32): i32 {
  return (headDim + 3) & ~3;
}

// @ts-ignore: decorator
@inline
function blocks_of(headDim: i32): usize {
  return <usize>((headDim + 31) >> 5);
}

/** Bytes of a position's V in a q8_0 page: scales, then numbers. */
// @ts-ignore: decorator
@inline
function value_row_q8_0(headDim: i32): usize {
  return ((blocks_of(headDim) * 2 + 15) & ~15) + (blocks_of(headDim) << 5);
}

/** Bytes of the scales before a q16 page's V. */
export const VALUE_SCALES_Q16: usize = 64;

/** Bytes of one head's K in a page. */
export function key_head_bytes(type: i32, headDim: i32): usize {
  if (type == 0) return <usize>headDim << 6;
  if (type == 1) return <usize>headDim << 5;
  if (type == 2) return blocks_of(headDim) * 544;
  return (blocks_of(headDim) << 6) + (<usize>((headDim + 1) >> 1) << 6);
}

/** Bytes of one head's V in a page. */
export function value_head_bytes(type: i32, headDim: i32): usize {
  if (type == 0) return <usize>padded_dim(headDim) << 6;
  if (type == 1) return <usize>padded_dim(headDim) << 5;
  if (type == 2) return value_row_q8_0(headDim) << 4;
  return VALUE_SCALES_Q16 + (<usize>padded_dim(headDim) << 5);
}

/** Writes the K and V rows of the batch into their pages. k and v: [rows][kvHeads * headDim], stride bytes a row. */
export function kv_store(k: usize, v: usize, stride: usize, keys: usize, values: usize, positions: usize, sequences: usize, tables: usize, rows: i32, kvHeads: i32, headDim: i32, type: i32, rank: i32, threads: i32): void {
  const keyHead = key_head_bytes(type, headDim);
  const valueHead = value_head_bytes(type, headDim);
  const to = split_to(rows, rank, threads);
  for (let r = split_from(rows, rank, threads); r < to; r++) {
    const position = load<i32>(positions + (<usize>r << 2));
    const table = <usize>load<u32>(tables + (<usize>load<i32>(sequences + (<usize>r << 2)) << 2));
    const page = <usize>load<u32>(table + (<usize>(position >> 4) << 2)) * <usize>kvHeads;
    const slot = <usize>(position & 15);
    for (let h = 0; h < kvHeads; h++) {
      const from = <usize>r * stride + (<usize>(h * headDim) << 2);
      const key = keys + (page + <usize>h) * keyHead;
      const value = values + (page + <usize>h) * valueHead;
      if (type == 0) store_f32(k + from, v + from, key, value, slot, headDim);
      else if (type == 1) store_f16(k + from, v + from, key, value, slot, headDim);
      else if (type == 2) store_q8_0(k + from, v + from, key, value, slot, headDim);
      else store_q16(k + from, v + from, key, value, slot, headDim);
    }
  }
}

function store_f32(k: usize, v: usize, key: usize, value: usize, slot: usize, headDim: i32): void {
  const row = value + slot * (<usize>padded_dim(headDim) << 2);
  for (let d: usize = 0; d < <usize>headDim; d++) {
    store<f32>(key + (d << 6) + (slot << 2), load<f32>(k + (d << 2)));
    store<f32>(row + (d << 2), load<f32>(v + (d << 2)));
  }
  for (let d = <usize>headDim; d < <usize>padded_dim(headDim); d++) store<f32>(row + (d << 2), 0);
}

function store_f16(k: usize, v: usize, key: usize, value: usize, slot: usize, headDim: i32): void {
  const row = value + slot * (<usize>padded_dim(headDim) << 1);
  for (let d: usize = 0; d < <usize>headDim; d++) {
    store<u16>(key + (d << 5) + (slot << 1), <u16>half_of(load<f32>(k + (d << 2))));
    store<u16>(row + (d << 1), <u16>half_of(load<f32>(v + (d << 2))));
  }
  for (let d = <usize>headDim; d < <usize>padded_dim(headDim); d++) store<u16>(row + (d << 1), 0);
}

/** Scale amax / 127, kept as a half float (ggml-quants.c, quantize_row_q8_0_ref). */
function store_q8_0(k: usize, v: usize, key: usize, value: usize, slot: usize, headDim: i32): void {
  const scales = (blocks_of(headDim) * 2 + 15) & ~15;
  const row = value + slot * value_row_q8_0(headDim);
  for (let b: usize = 0; b < blocks_of(headDim); b++) {
    const count = min(32, headDim - <i32>(b << 5));
    const keyScale = amax_of(k + (b << 7), count) / <f32>127.0;
    const valueScale = amax_of(v + (b << 7), count) / <f32>127.0;
    store<u16>(key + b * 544 + (slot << 1), <u16>half_of(keyScale));
    store<u16>(row + (b << 1), <u16>half_of(valueScale));
    const ki = steps_of(keyScale, 1);
    const vi = steps_of(valueScale, 1);
    for (let i = 0; i < 32; i++) {
      const at = (b << 7) + (<usize>i << 2);
      store<i8>(key + b * 544 + 32 + (<usize>i << 4) + slot, i < count ? <i8><i32>nearest(load<f32>(k + at) * ki) : 0);
      store<i8>(row + scales + (b << 5) + <usize>i, i < count ? <i8><i32>nearest(load<f32>(v + at) * vi) : 0);
    }
  }
}

/** Scale amax / 8191, of 32 numbers of K or of a head's V. */
function store_q16(k: usize, v: usize, key: usize, value: usize, slot: usize, headDim: i32): void {
  for (let first = 0; first < headDim; first += 32, k += 128) {
    const count = min(32, headDim - first);
    const amax = amax_of(k, count);
    const inverse = steps_of(amax, 8191);
    store<f32>(key + (slot << 2), amax / <f32>8191.0);
    key += 64;
    for (let i = 0; i < count; i += 2, key += 64) {
      const at = k + (<usize>i << 2);
      store<i16>(key + (slot << 2), q16_of(load<f32>(at), inverse));
      store<i16>(key + (slot << 2), i + 1 < count ? q16_of(load<f32>(at, 4), inverse) : 0, 2);
    }
  }
  const amax = amax_of(v, headDim);
  const inverse = steps_of(amax, 8191);
  store<f32>(value + (slot << 2), amax / <f32>8191.0);
  const row = value + VALUE_SCALES_Q16 + (slot >> 1) * (<usize>padded_dim(headDim) << 2) + ((slot & 1) << 1);
  for (let d: usize = 0; d < <usize>headDim; d++) store<i16>(row + (d << 2), q16_of(load<f32>(v + (d << 2)), inverse));
  for (let d = <usize>headDim; d < <usize>padded_dim(headDim); d++) store<i16>(row + (d << 2), 0);
}

// @ts-ignore: decorator
@inline
function q16_of(x: f32, inverse: f32): i16 {
  return <i16><i32>nearest(x * inverse);
}

// @ts-ignore: decorator
@inline
function half_of(x: f32): i32 {
  return i32x4.extract_lane(u16_lanes_from_f32x4(f32x4.splat(x)), 0);
}

/** Half floats to `bytes` bytes of f32: shift, mask and a product with 2^112, exact for finite numbers. */
function widen_f16(from: usize, out: usize, bytes: usize): void {
  const one = <i32>(bytes > 0);
  const end = out + bytes;
  for (const wide = out + (bytes & ~63); out < wide; from += 32, out += 64) {
    v128.store(out, f32x4_from_usual_halves(v128.load_ext<u16>(from), one));
    v128.store(out, f32x4_from_usual_halves(v128.load_ext<u16>(from, 8), one), 16);
    v128.store(out, f32x4_from_usual_halves(v128.load_ext<u16>(from, 16), one), 32);
    v128.store(out, f32x4_from_usual_halves(v128.load_ext<u16>(from, 24), one), 48);
  }
  for (; out < end; from += 8, out += 16) v128.store(out, f32x4_from_usual_halves(v128.load_ext<u16>(from), one));
}

/** One head's K of a page as [headDim][16] f32. */
export function widen_keys(type: i32, key: usize, headDim: i32, out: usize): void {
  if (type == 1) {
    widen_f16(key, out, <usize>headDim << 6);
    return;
  }
  const one = <i32>(headDim > 0);
  for (let first = 0; first < headDim; first += 32, key += 544) {
    const s0 = f32x4_from_u16_lanes(v128.load_ext<u16>(key), one), s1 = f32x4_from_u16_lanes(v128.load_ext<u16>(key, 8), one);
    const s2 = f32x4_from_u16_lanes(v128.load_ext<u16>(key, 16), one), s3 = f32x4_from_u16_lanes(v128.load_ext<u16>(key, 24), one);
    const count = min(32, headDim - first);
    let p = key + 32;
    for (let d = 0; d < count; d++, p += 16, out += 64) {
      const low = v128.load_ext<i8>(p), high = v128.load_ext<i8>(p, 8);
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), s0));
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), s1), 16);
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), s2), 32);
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), s3), 48);
    }
  }
}

/** The first `count` positions of one head's V of a page as [count][padded] f32. */
export function widen_values(type: i32, value: usize, headDim: i32, count: i32, out: usize): void {
  const padded = <usize>padded_dim(headDim);
  if (type == 1) {
    widen_f16(value, out, (padded * <usize>count) << 2);
    return;
  }
  const scales = (blocks_of(headDim) * 2 + 15) & ~15;
  for (let t = 0; t < count; t++, value += value_row_q8_0(headDim), out += padded << 2) {
    let p = value + scales;
    let to = out;
    for (let d: usize = 0; d < padded; d += 32) {
      const scale = f32x4.splat(load_f16(value + (d >> 4)));
      for (const end = to + (min(<usize>32, padded - d) << 2); to < end; to += 16, p += 4) {
        const four = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(p)));
        v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(four), scale));
      }
    }
  }
}
