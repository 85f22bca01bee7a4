/**
 * Products of signed bytes with activations of several tokens, a float scale for each row and 32 columns: Q8_0's numbers as a
 * file has them, IQ4's levels.
 *
 * An unpacked block of 16 rows x 32 columns, 640 bytes; columns in groups of four, j = 0 .. 7, rows v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f32 | sums of columns 0 .. 15 and 16 .. 31 of row 0 .. 15: i16 |
 *   | j, v: columns 4j, 4j+2, 4j+1, 4j+3 of rows 4v .. 4v+3: i8 |          w = d code
 *
 * The activation (ops/quantize.ts, q7_32) is t n, n = s u - m with 7-bit codes u. The relaxed instruction is exact for signed
 * bytes times 7-bit ones, and i32x4.dot_i16x8_s multiplies its sums by s on the way to 32 bits; -m times the sums of weights is
 * where a block starts. What is left is the exact sum of code x n, of which words32.ts and products of one token make the
 * same: at most 32 x 128 x 2^15 < 2^31. Per row, in block order: y += sum (d t).
 */
import { add_pairs } from "../simd/lanes";
import { add_scaled } from "./group";

export const SIGNED_BLOCK: usize = 640;
const WEIGHT_SUMS: usize = 64;
export const SIGNED: usize = 128;

/** `blocks` unpacked blocks times `tokens` activations, codes and their scales at q, offsets as scales, added to out. */
export function tile_signed32(
  block: usize, blocks: i32, q: usize, qStride: usize, scales: usize, offsets: usize, scaleStride: usize, tokens: i32, out: usize, outStride: usize,
): void {
  for (; tokens >= 2; tokens -= 2) {
    two(block, blocks, q, qStride, scales, offsets, scaleStride, out, outStride);
    q += qStride << 1;
    scales += scaleStride << 1;
    offsets += scaleStride << 1;
    out += outStride << 1;
  }
  if (tokens > 0) one(block, blocks, q, scales, offsets, out);
}

/** sum + s (w . u) */
// @ts-ignore: decorator
@inline
function add(sum: v128, w: v128, u: v128, s: v128): v128 {
  if (!ASC_FEATURE_RELAXED_SIMD) return sum;
  return i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(w, u), s));
}

function two(block: usize, blocks: i32, q: usize, qStride: usize, scales: usize, offsets: usize, scaleStride: usize, out: usize, outStride: usize): void {
  for (; blocks > 0; blocks--, block += SIGNED_BLOCK, scales += 4, offsets += 4) {
    const m = v128.load32_splat(offsets), n = v128.load32_splat(offsets + scaleStride);
    let w = v128.load(block, WEIGHT_SUMS);
    let a = i32x4.dot_i16x8_s(w, m), e = i32x4.dot_i16x8_s(w, n); w = v128.load(block, WEIGHT_SUMS + 16);
    let b = i32x4.dot_i16x8_s(w, m), f = i32x4.dot_i16x8_s(w, n); w = v128.load(block, WEIGHT_SUMS + 32);
    let c = i32x4.dot_i16x8_s(w, m), g = i32x4.dot_i16x8_s(w, n); w = v128.load(block, WEIGHT_SUMS + 48);
    let d = i32x4.dot_i16x8_s(w, m), h = i32x4.dot_i16x8_s(w, n);
    let p = block + SIGNED;
    for (const end = p + 512; p < end; p += 64, q += 8) {
      const u = v128.load32_splat(q), s = v128.load32_splat(q + 4);
      const v = v128.load32_splat(q + qStride), t = v128.load32_splat(q + qStride + 4);
      w = v128.load(p);
      a = add(a, w, u, s); e = add(e, w, v, t); w = v128.load(p, 16);
      b = add(b, w, u, s); f = add(f, w, v, t); w = v128.load(p, 32);
      c = add(c, w, u, s); g = add(g, w, v, t); w = v128.load(p, 48);
      d = add(d, w, u, s); h = add(h, w, v, t);
    }
    const d0 = v128.load(block), d1 = v128.load(block, 16), d2 = v128.load(block, 32), d3 = v128.load(block, 48);
    add_scaled(out, a, b, c, d, d0, d1, d2, d3, v128.load32_splat(scales));
    add_scaled(out + outStride, e, f, g, h, d0, d1, d2, d3, v128.load32_splat(scales + scaleStride));
  }
}

function one(block: usize, blocks: i32, q: usize, scales: usize, offsets: usize, out: usize): void {
  for (; blocks > 0; blocks--, block += SIGNED_BLOCK, scales += 4, offsets += 4) {
    const m = v128.load32_splat(offsets);
    let a = i32x4.dot_i16x8_s(v128.load(block, WEIGHT_SUMS), m), b = i32x4.dot_i16x8_s(v128.load(block, WEIGHT_SUMS + 16), m);
    let c = i32x4.dot_i16x8_s(v128.load(block, WEIGHT_SUMS + 32), m), d = i32x4.dot_i16x8_s(v128.load(block, WEIGHT_SUMS + 48), m);
    let p = block + SIGNED;
    for (const end = p + 512; p < end; p += 64, q += 8) {
      const u = v128.load32_splat(q), s = v128.load32_splat(q + 4);
      a = add(a, v128.load(p), u, s);
      b = add(b, v128.load(p, 16), u, s);
      c = add(c, v128.load(p, 32), u, s);
      d = add(d, v128.load(p, 48), u, s);
    }
    add_scaled(out, a, b, c, d, v128.load(block), v128.load(block, 16), v128.load(block, 32), v128.load(block, 48), v128.load32_splat(scales));
  }
}

/** The sums of an unpacked block's codes. one: 1 (lanes.ts). */
export function sum_signed(block: usize, one: i32): void {
  const ones = i8x16.splat(<i8>one), wide = i16x8.splat(<i16>one), mask = i32x4.splat(0xffff * one);
  for (let v: usize = 0; v < 64; v += 16) {
    const low = add_pairs(sum_four(block + SIGNED + v, ones), wide), high = add_pairs(sum_four(block + SIGNED + 256 + v, ones), wide);
    v128.store(block + WEIGHT_SUMS + v, v128.or(v128.and(low, mask), i32x4.shl(high, 16)));
  }
}

/** Sums of pairs of bytes of the vectors at p, p + 64, p + 128, p + 192. */
// @ts-ignore: decorator
@inline
function sum_four(p: usize, ones: v128): v128 {
  if (!ASC_FEATURE_RELAXED_SIMD) return ones;
  return i16x8.add(
    i16x8.add(i16x8.relaxed_dot_i8x16_i7x16_s(v128.load(p), ones), i16x8.relaxed_dot_i8x16_i7x16_s(v128.load(p, 64), ones)),
    i16x8.add(i16x8.relaxed_dot_i8x16_i7x16_s(v128.load(p, 128), ones), i16x8.relaxed_dot_i8x16_i7x16_s(v128.load(p, 192), ones)),
  );
}

/** Row r of `blocks` unpacked blocks as floats. */
export function row_signed32(block: usize, blocks: i32, r: i32, out: usize): void {
  for (; blocks > 0; blocks--, block += SIGNED_BLOCK) {
    const d = load<f32>(block + (<usize>r << 2));
    for (let c: usize = 0; c < 32; c++, out += 4) {
      const place = ((c & 1) << 1) | ((c >> 1) & 1);
      store<f32>(out, d * <f32>load<i8>(block + SIGNED + ((c >> 2) << 6) + (<usize>r << 2) + place));
    }
  }
}
