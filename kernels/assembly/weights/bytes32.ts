/**
 * Products of unpacked 7-bit codes with 8-bit activations, a float scale for each row and 32 columns.
 *
 * An unpacked block of 16 rows x 32 columns, 640 bytes; columns in groups of four, j = 0 .. 7, rows v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f32 | m of row 0 .. 15: f32 | j, v: columns 4j .. 4j+3 of rows 4v .. 4v+3: u8 |
 *
 *   w = d (code - centre) + m          m only where a type has minimums
 *
 * The activation (ops/quantize.ts, q8_32): t s a, i8 with an integer scale s a block and t for the row, and a word of two 16-bit
 * sums of a in each block: of the columns 4j, 4j+1 and of 4j+2, 4j+3. A pair of products is at most 2 x 127 x 127; a block is
 * summed in 16-bit lanes that start at -centre x these sums, so that what is left at the end fits: |code - centre| <= 16 gives
 * 16 x 16 x 127. i32x4.dot_i16x8_s multiplies by s on the way to 32 bits. Per row, in block order: y += sum d, with minimums also
 * m (s asum) within the same addition; at last y t.
 */
import { add_dot } from "../simd/dot";
import { splat0, splat1 } from "../simd/lanes";
import { add_scaled, even_scales, odd_scales } from "./group";

export const BLOCK32: usize = 640;
const M: usize = 64;
export const CODES32: usize = 128;

/** `blocks` unpacked blocks times `tokens` activations, added to out. */
export function tile_bytes32(
  block: usize, blocks: i32, centre: i32, mins: bool,
  q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, tokens: i32, out: usize, outStride: usize,
): void {
  for (; tokens >= 2; tokens -= 2) {
    two(block, blocks, centre, mins, q, qStride, scales, sums, scaleStride, out, outStride);
    q += qStride << 1;
    scales += scaleStride << 1;
    sums += scaleStride << 1;
    out += outStride << 1;
  }
  if (tokens > 0) single(block, blocks, centre, mins, q, scales, sums, out);
}

function two(block: usize, blocks: i32, centre: i32, mins: bool, q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, out: usize, outStride: usize): void {
  const less = i16x8.splat(<i16>-centre);
  for (; blocks > 0; blocks--, block += BLOCK32, scales += 4, sums += 4) {
    let a = i16x8.mul(v128.load32_splat(sums), less), b = a, c = a, d = a;
    let e = i16x8.mul(v128.load32_splat(sums + scaleStride), less), f = e, g = e, h = e;
    let p = block + CODES32;
    for (const end = p + 512; p < end; p += 64, q += 4) {
      const x = v128.load32_splat(q), y = v128.load32_splat(q + qStride);
      let w = v128.load(p);
      a = add_dot(a, x, w); e = add_dot(e, y, w); w = v128.load(p, 16);
      b = add_dot(b, x, w); f = add_dot(f, y, w); w = v128.load(p, 32);
      c = add_dot(c, x, w); g = add_dot(g, y, w); w = v128.load(p, 48);
      d = add_dot(d, x, w); h = add_dot(h, y, w);
    }
    finish(mins, out, a, b, c, d, block, centre, v128.load32_splat(scales), sums);
    finish(mins, out + outStride, e, f, g, h, block, centre, v128.load32_splat(scales + scaleStride), sums + scaleStride);
  }
}

function single(block: usize, blocks: i32, centre: i32, mins: bool, q: usize, scales: usize, sums: usize, out: usize): void {
  const less = i16x8.splat(<i16>-centre);
  for (; blocks > 0; blocks--, block += BLOCK32, scales += 4, sums += 4) {
    let a = i16x8.mul(v128.load32_splat(sums), less), b = a, c = a, d = a;
    let p = block + CODES32;
    for (const end = p + 512; p < end; p += 128, q += 8) {
      const eight = v128.load64_splat(q);
      let x = splat0(eight);
      a = add_dot(a, x, v128.load(p)); b = add_dot(b, x, v128.load(p, 16)); c = add_dot(c, x, v128.load(p, 32)); d = add_dot(d, x, v128.load(p, 48));
      x = splat1(eight);
      a = add_dot(a, x, v128.load(p, 64)); b = add_dot(b, x, v128.load(p, 80)); c = add_dot(c, x, v128.load(p, 96)); d = add_dot(d, x, v128.load(p, 112));
    }
    finish(mins, out, a, b, c, d, block, centre, v128.load32_splat(scales), sums);
  }
}

/** Pair sums a .. d of an unpacked block to out. s: the activation's integer scale in all 16-bit lanes. */
// @ts-ignore: decorator
@inline
function finish(mins: bool, out: usize, a: v128, b: v128, c: v128, d: v128, block: usize, centre: i32, s: v128, sums: usize): void {
  const d0 = v128.load(block), d1 = v128.load(block, 16), d2 = v128.load(block, 32), d3 = v128.load(block, 48);
  if (mins) add_minimums(out, a, b, c, d, d0, d1, d2, d3, v128.load(block, M), v128.load(block, M + 16), v128.load(block, M + 32), v128.load(block, M + 48), centre, s, sums);
  else add_scaled(out, i32x4.dot_i16x8_s(a, s), i32x4.dot_i16x8_s(b, s), i32x4.dot_i16x8_s(c, s), i32x4.dot_i16x8_s(d, s), d0, d1, d2, d3);
}

/** The same of a packed block: half-float scales at p, with mins minimums after them. */
// @ts-ignore: decorator
@inline
export function finish_packed(mins: bool, out: usize, a: v128, b: v128, c: v128, d: v128, p: usize, centre: i32, s: v128, sums: usize, one: i32): void {
  const low = v128.load(p), high = v128.load(p, 16);
  const d0 = even_scales(low, one), d1 = odd_scales(low, one), d2 = even_scales(high, one), d3 = odd_scales(high, one);
  if (mins) {
    const first = v128.load(p, 32), last = v128.load(p, 48);
    add_minimums(out, a, b, c, d, d0, d1, d2, d3, even_scales(first, one), odd_scales(first, one), even_scales(last, one), odd_scales(last, one), centre, s, sums);
  } else add_scaled(out, i32x4.dot_i16x8_s(a, s), i32x4.dot_i16x8_s(b, s), i32x4.dot_i16x8_s(c, s), i32x4.dot_i16x8_s(d, s), d0, d1, d2, d3);
}

// @ts-ignore: decorator
@inline
function add_minimums(
  out: usize, a: v128, b: v128, c: v128, d: v128, d0: v128, d1: v128, d2: v128, d3: v128, m0: v128, m1: v128, m2: v128, m3: v128, centre: i32, s: v128, sums: usize,
): void {
  const sum = i32x4.dot_i16x8_s(v128.load32_splat(sums), s);
  const shifted = i32x4.mul(sum, i32x4.splat(centre)), total = f32x4.convert_i32x4_s(sum);
  v128.store(out, with_minimum(v128.load(out), a, d0, m0, shifted, s, total));
  v128.store(out, with_minimum(v128.load(out, 16), b, d1, m1, shifted, s, total), 16);
  v128.store(out, with_minimum(v128.load(out, 32), c, d2, m2, shifted, s, total), 32);
  v128.store(out, with_minimum(v128.load(out, 48), d, d3, m3, shifted, s, total), 48);
}

// @ts-ignore: decorator
@inline
function with_minimum(y: v128, pairs: v128, d: v128, m: v128, shifted: v128, s: v128, total: v128): v128 {
  const sum = f32x4.convert_i32x4_s(i32x4.add(i32x4.dot_i16x8_s(pairs, s), shifted));
  return f32x4.add(y, f32x4.add(f32x4.mul(sum, d), f32x4.mul(m, total)));
}

/** Row r of `blocks` unpacked blocks as floats, each rounded once. */
export function row_bytes32(block: usize, blocks: i32, centre: i32, mins: bool, r: i32, out: usize): void {
  for (; blocks > 0; blocks--, block += BLOCK32) {
    const d = <f64>load<f32>(block + (<usize>r << 2));
    const m: f64 = mins ? <f64>load<f32>(block + (<usize>r << 2), M) : 0;
    for (let i: usize = 0; i < 32; i++, out += 4) {
      const code = <i32>load<u8>(block + CODES32 + ((i >> 2) << 6) + (<usize>r << 2) + (i & 3));
      store<f32>(out, <f32>(mins ? d * <f64>code + m : d * <f64>(code - centre)));
    }
  }
}
