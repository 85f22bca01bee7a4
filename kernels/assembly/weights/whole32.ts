/**
 * Products of bytes of any value with activations of several tokens, a float scale for each row and 32 columns: Q8_0's numbers,
 * IQ4's levels.
 *
 * An unpacked block of 16 rows x 32 columns, 576 bytes; columns in groups of four, j = 0 .. 7, rows v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f32 | j, v: columns 4j .. 4j+3 of rows 4v .. 4v+3: whole_bias (simd/dot.ts) + code |          w = d code
 *
 * The activation (ops/quantize.ts, q8_fours): t s a, with a scale s for four columns and t for the row. The sums of four products
 * fit 16 bits, and i32x4.dot_i16x8_s multiplies them by s on the way to 32. A block starts at what the bias adds to it, less. Per
 * row, in block order: y += sum d; at last y t.
 */
import { dot_whole } from "../simd/dot";
import { add_scaled } from "./group";

export const WHOLE_BLOCK: usize = 576;
export const WHOLE: usize = 64;

/** Bytes of an activation's 32 columns, and where the block's start is in them. */
export const FOURS_BLOCK: usize = 64;
export const FOURS_START: usize = 12;

/** sum + s (w . u + z . v): eight columns of four rows. */
// @ts-ignore: decorator
@inline
export function add_whole(sum: v128, w: v128, z: v128, u: v128, v: v128, s: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.add(dot_whole(u, w), dot_whole(v, z)), s));
}

/**
 * `blocks` unpacked blocks times `tokens` activations, added to out. A token at a time: two share the loads of weights, but their
 * sums and splats leave no register for the products.
 */
export function tile_whole32(block: usize, blocks: i32, q: usize, qStride: usize, tokens: i32, out: usize, outStride: usize): void {
  for (; tokens > 0; tokens--, q += qStride, out += outStride) sixteen(block, blocks, q, out);
}

/** The same of two groups, the second's unpacked blocks at `other`: they share the splats, which cost three instructions each. */
export function tile_whole32_two(block: usize, other: usize, blocks: i32, q: usize, qStride: usize, tokens: i32, out: usize, outStride: usize): void {
  for (; tokens > 0; tokens--, q += qStride, out += outStride) thirty_two(block, other, blocks, q, out);
}

function sixteen(block: usize, blocks: i32, q: usize, out: usize): void {
  for (; blocks > 0; blocks--, block += WHOLE_BLOCK) {
    let a = v128.load32_splat(q + FOURS_START), b = a, c = a, d = a;
    let p = block + WHOLE;
    for (const end = p + 512; p < end; p += 128, q += 16) {
      const u = v128.load32_splat(q), v = v128.load32_splat(q + 4), s = v128.load32_splat(q + 8);
      a = add_whole(a, v128.load(p), v128.load(p, 64), u, v, s);
      b = add_whole(b, v128.load(p, 16), v128.load(p, 80), u, v, s);
      c = add_whole(c, v128.load(p, 32), v128.load(p, 96), u, v, s);
      d = add_whole(d, v128.load(p, 48), v128.load(p, 112), u, v, s);
    }
    add_scaled(out, a, b, c, d, v128.load(block), v128.load(block, 16), v128.load(block, 32), v128.load(block, 48));
  }
}

function thirty_two(block: usize, other: usize, blocks: i32, q: usize, out: usize): void {
  for (; blocks > 0; blocks--, block += WHOLE_BLOCK, other += WHOLE_BLOCK) {
    let a = v128.load32_splat(q + FOURS_START), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    let p = block + WHOLE, r = other + WHOLE;
    for (const end = p + 512; p < end; p += 128, r += 128, q += 16) {
      const u = v128.load32_splat(q), v = v128.load32_splat(q + 4), s = v128.load32_splat(q + 8);
      a = add_whole(a, v128.load(p), v128.load(p, 64), u, v, s);
      b = add_whole(b, v128.load(p, 16), v128.load(p, 80), u, v, s);
      c = add_whole(c, v128.load(p, 32), v128.load(p, 96), u, v, s);
      d = add_whole(d, v128.load(p, 48), v128.load(p, 112), u, v, s);
      e = add_whole(e, v128.load(r), v128.load(r, 64), u, v, s);
      f = add_whole(f, v128.load(r, 16), v128.load(r, 80), u, v, s);
      g = add_whole(g, v128.load(r, 32), v128.load(r, 96), u, v, s);
      h = add_whole(h, v128.load(r, 48), v128.load(r, 112), u, v, s);
    }
    add_scaled(out, a, b, c, d, v128.load(block), v128.load(block, 16), v128.load(block, 32), v128.load(block, 48));
    add_scaled(out + 64, e, f, g, h, v128.load(other), v128.load(other, 16), v128.load(other, 32), v128.load(other, 48));
  }
}

/** Row r of `blocks` unpacked blocks as floats. */
export function row_whole32(block: usize, blocks: i32, bias: i32, r: i32, out: usize): void {
  for (; blocks > 0; blocks--, block += WHOLE_BLOCK) {
    const d = load<f32>(block + (<usize>r << 2));
    for (let c: usize = 0; c < 32; c++, out += 4) {
      const byte = load<u8>(block + WHOLE + ((c >> 2) << 6) + (<usize>r << 2) + (c & 3));
      store<f32>(out, d * <f32><i8>(byte ^ <u8>bias));
    }
  }
}
