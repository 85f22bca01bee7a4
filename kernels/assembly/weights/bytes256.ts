/**
 * Products of unpacked 7-bit codes with 8-bit activations where 256 columns share float scales and runs of 16 or 32
 * columns have integer scales (ggml's K-quants).
 *
 * An unpacked block of 16 rows x 256 columns, 5760 bytes; columns in groups of four, j = 0 .. 63, rows v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f32 | dmin of row 0 .. 15: f32 |
 *   | step, v: scales of rows 4v .. 4v+3, each twice: i16 |                      16 steps of 16 columns, or 8 of 32
 *   | pair, v: minimums 2 pair, 2 pair + 1 of rows 4v .. 4v+3: i16 |             8 pairs for runs of 16, 4 for runs of 32
 *   | j, v: columns 4j .. 4j+3 of rows 4v .. 4v+3: u8 |
 *
 *   w = d scale (code - centre) - dmin minimum
 *
 * The activation (ops/quantize.ts, q8_256): i8, and a record of 128 bytes for 256 columns:
 *
 *   | t: f32 | 12 bytes unused | 16 x (sum of columns 4j, 4j+1; sum of 4j+2, 4j+3 of a run of 16): i16 |
 *   | 8 sums of 32 columns: i16 | 16 sums of 16 columns: i16 |
 *
 * A step is summed in 16-bit lanes, which start at -centre x sums and must end within 16 bits
 * (|code - centre| x 127 x columns / 2). i32x4.dot_i16x8_s widens, multiplies by the scale and adds the two lanes of a
 * row: 256 columns are one exact 32-bit sum. Per row, in block order: y += isum (d t) - msum (dmin t).
 */
import { add_dot } from "../simd/dot";
import { splat0, splat1, splat2, splat3 } from "../simd/lanes";
import { clear16 } from "./group";

export const BLOCK256: usize = 5760;
export const DMIN256: usize = 64;
export const SCALES256: usize = 128;
export const MINS256: usize = 1152;
export const CODES256: usize = 1664;

/** Bytes of an activation's record, and places in it. */
export const RECORD256: usize = 128;
export const SUMS: usize = 16;
export const SUMS32: usize = 80;
export const SUMS16: usize = 96;

/**
 * One unpacked block times `tokens` activations, added to out. step: bytes of codes under one scale, 256 for 16 columns or
 * 512 for 32. pairs: of minimums, 0 for none. work: 128 bytes.
 */
export function tile_bytes256(
  block: usize, step: usize, centre: i32, pairs: i32,
  q: usize, qStride: usize, record: usize, recordStride: usize, tokens: i32, out: usize, outStride: usize, work: usize,
): void {
  for (; tokens >= 2; tokens -= 2) {
    two(block, step, centre, q, qStride, record, recordStride, work);
    finish(block, pairs, record, out, work);
    finish(block, pairs, record + recordStride, out + outStride, work + 64);
    q += qStride << 1;
    record += recordStride << 1;
    out += outStride << 1;
  }
  if (tokens > 0) {
    one(block, step, centre, q, record, work);
    finish(block, pairs, record, out, work);
  }
}

/** work[16] += the sums a .. d of a step times its scales. */
// @ts-ignore: decorator
@inline
function add_step(work: usize, a: v128, b: v128, c: v128, d: v128, s0: v128, s1: v128, s2: v128, s3: v128): void {
  v128.store(work, i32x4.add(v128.load(work), i32x4.dot_i16x8_s(a, s0)));
  v128.store(work, i32x4.add(v128.load(work, 16), i32x4.dot_i16x8_s(b, s1)), 16);
  v128.store(work, i32x4.add(v128.load(work, 32), i32x4.dot_i16x8_s(c, s2)), 32);
  v128.store(work, i32x4.add(v128.load(work, 48), i32x4.dot_i16x8_s(d, s3)), 48);
}

/** Exact sums of two tokens to work[2][16]. */
function two(block: usize, step: usize, centre: i32, q: usize, qStride: usize, record: usize, recordStride: usize, work: usize): void {
  clear16(work); clear16(work + 64);
  const less = i16x8.splat(<i16>-centre);
  let scale = block + SCALES256;
  let p = block + CODES256;
  let sums = record + SUMS;
  for (const stop = p + 4096; p < stop; scale += 64, sums += 4) {
    let a: v128, b: v128, c: v128, d: v128, e: v128, f: v128, g: v128, h: v128;
    if (centre != 0) {
      a = i16x8.mul(v128.load32_splat(sums), less);
      e = i16x8.mul(v128.load32_splat(sums + recordStride), less);
    } else {
      a = i16x8.splat(0);
      e = a;
    }
    b = a; c = a; d = a;
    f = e; g = e; h = e;
    const end = p + step;
    for (; p < end; p += 64, q += 4) {
      const x = v128.load32_splat(q), y = v128.load32_splat(q + qStride);
      let w = v128.load(p);
      a = add_dot(a, x, w); e = add_dot(e, y, w); w = v128.load(p, 16);
      b = add_dot(b, x, w); f = add_dot(f, y, w); w = v128.load(p, 32);
      c = add_dot(c, x, w); g = add_dot(g, y, w); w = v128.load(p, 48);
      d = add_dot(d, x, w); h = add_dot(h, y, w);
    }
    const s0 = v128.load(scale), s1 = v128.load(scale, 16), s2 = v128.load(scale, 32), s3 = v128.load(scale, 48);
    add_step(work, a, b, c, d, s0, s1, s2, s3);
    add_step(work + 64, e, f, g, h, s0, s1, s2, s3);
  }
}

/** Exact sums of one token to work[16]. */
function one(block: usize, step: usize, centre: i32, q: usize, record: usize, work: usize): void {
  clear16(work);
  const less = i16x8.splat(<i16>-centre);
  let scale = block + SCALES256;
  let p = block + CODES256;
  let sums = record + SUMS;
  for (const stop = p + 4096; p < stop; scale += 64, sums += 4) {
    let a: v128, b: v128, c: v128, d: v128;
    if (centre != 0) a = i16x8.mul(v128.load32_splat(sums), less);
    else a = i16x8.splat(0);
    b = a; c = a; d = a;
    const end = p + step;
    for (; p < end; p += 128, q += 8) {
      const eight = v128.load64_splat(q);
      let x = splat0(eight);
      a = add_dot(a, x, v128.load(p)); b = add_dot(b, x, v128.load(p, 16)); c = add_dot(c, x, v128.load(p, 32)); d = add_dot(d, x, v128.load(p, 48));
      x = splat1(eight);
      a = add_dot(a, x, v128.load(p, 64)); b = add_dot(b, x, v128.load(p, 80)); c = add_dot(c, x, v128.load(p, 96)); d = add_dot(d, x, v128.load(p, 112));
    }
    add_step(work, a, b, c, d, v128.load(scale), v128.load(scale, 16), v128.load(scale, 32), v128.load(scale, 48));
  }
}

/** out[16] += work (d t) - msum (dmin t). */
function finish(block: usize, pairs: i32, record: usize, out: usize, work: usize): void {
  const t = v128.load32_splat(record);
  if (pairs == 0) {
    for (let v: usize = 0; v < 64; v += 16) add_exact(out + v, v128.load(work + v), v128.load(block + v), t);
    return;
  }
  const sums = v128.load(record + (pairs == 4 ? SUMS32 : SUMS16)), s0 = splat0(sums), s1 = splat1(sums), s2 = splat2(sums), s3 = splat3(sums);
  const more = v128.load(record, SUMS16 + 16), s4 = splat0(more), s5 = splat1(more), s6 = splat2(more), s7 = splat3(more);
  for (let v: usize = 0; v < 64; v += 16) {
    const p = block + MINS256 + v;
    let m = i32x4.add(
      i32x4.add(i32x4.dot_i16x8_s(v128.load(p), s0), i32x4.dot_i16x8_s(v128.load(p, 64), s1)),
      i32x4.add(i32x4.dot_i16x8_s(v128.load(p, 128), s2), i32x4.dot_i16x8_s(v128.load(p, 192), s3)),
    );
    if (pairs == 8) {
      m = i32x4.add(m, i32x4.add(
        i32x4.add(i32x4.dot_i16x8_s(v128.load(p, 256), s4), i32x4.dot_i16x8_s(v128.load(p, 320), s5)),
        i32x4.add(i32x4.dot_i16x8_s(v128.load(p, 384), s6), i32x4.dot_i16x8_s(v128.load(p, 448), s7)),
      ));
    }
    const y = f32x4.mul(f32x4.convert_i32x4_s(v128.load(work + v)), f32x4.mul(v128.load(block + v), t));
    const less = f32x4.mul(f32x4.convert_i32x4_s(m), f32x4.mul(v128.load(block + v, DMIN256), t));
    v128.store(out + v, f32x4.add(v128.load(out + v), f32x4.sub(y, less)));
  }
}

/** out[0..3] += isum (d t), as finish() does without minimums. */
// @ts-ignore: decorator
@inline
export function add_exact(out: usize, isum: v128, d: v128, t: v128): void {
  v128.store(out, f32x4.add(v128.load(out), f32x4.mul(f32x4.convert_i32x4_s(isum), f32x4.mul(d, t))));
}

/** Writes the step's scales, four vectors with each row twice, from 16 bytes, one a row. */
// @ts-ignore: decorator
@inline
export function spread_scales(bytes: v128, out: usize): void {
  const low = i16x8.extend_low_i8x16_s(bytes), high = i16x8.extend_high_i8x16_s(bytes);
  v128.store(out, v128.shuffle<i16>(low, low, 0, 0, 1, 1, 2, 2, 3, 3));
  v128.store(out, v128.shuffle<i16>(low, low, 4, 4, 5, 5, 6, 6, 7, 7), 16);
  v128.store(out, v128.shuffle<i16>(high, high, 0, 0, 1, 1, 2, 2, 3, 3), 32);
  v128.store(out, v128.shuffle<i16>(high, high, 4, 4, 5, 5, 6, 6, 7, 7), 48);
}

/** Row r of an unpacked block as floats, each rounded once. */
export function row_bytes256(block: usize, step: usize, centre: i32, pairs: i32, r: i32, out: usize): void {
  const d = <f64>load<f32>(block + (<usize>r << 2));
  const dmin: f64 = pairs != 0 ? <f64>load<f32>(block + (<usize>r << 2), DMIN256) : 0;
  const scaleShift: usize = step == 512 ? 5 : 4;
  const minShift: usize = pairs == 4 ? 5 : 4;
  for (let c: usize = 0; c < 256; c++, out += 4) {
    const code = <i32>load<u8>(block + CODES256 + ((c >> 2) << 6) + (<usize>r << 2) + (c & 3)) - centre;
    const scale = d * <f64>load<i16>(block + SCALES256 + ((c >> scaleShift) << 6) + (<usize>r << 2));
    if (pairs != 0) {
      const run = c >> minShift;
      const minimum = dmin * <f64>load<i16>(block + MINS256 + ((run >> 1) << 6) + (<usize>r << 2) + ((run & 1) << 1));
      store<f32>(out, <f32>(scale * <f64>code - minimum));
    } else store<f32>(out, <f32>(scale * <f64>code));
  }
}
