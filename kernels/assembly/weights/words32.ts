/**
 * Products of unpacked 8-bit signed weights with 16-bit activations, a float scale for each row and 32 columns.
 *
 * An unpacked block of 16 rows x 32 columns, 1088 bytes; columns in pairs, p = 0 .. 15, rows v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f32 | p, v: columns 2p, 2p+1 of rows 4v .. 4v+3: i16 |          w = d code
 *
 * The activation (ops/quantize.ts, q7_32): numbers n of 16 bits, an f32 scale t a block. i8 x i16 is exact in
 * i32x4.dot_i16x8_s, and so is a block's sum: 32 x 128 x 2^15 < 2^31. Per row, in block order: y += sum (d t).
 * Where there is no relaxed SIMD (signed32.ts).
 */
import { splat0, splat1 } from "../simd/lanes";
import { add_scaled } from "./group";

export const WORDS_BLOCK: usize = 1088;
export const WORDS: usize = 64;

/** `blocks` unpacked blocks times `tokens` activations, added to out. */
export function tile_words32(block: usize, blocks: i32, q: usize, qStride: usize, scales: usize, scaleStride: usize, tokens: i32, out: usize, outStride: usize): void {
  for (; tokens >= 2; tokens -= 2) {
    two(block, blocks, q, qStride, scales, scaleStride, out, outStride);
    q += qStride << 1;
    scales += scaleStride << 1;
    out += outStride << 1;
  }
  if (tokens > 0) one(block, blocks, q, scales, out);
}

// @ts-ignore: decorator
@inline
export function madd(sum: v128, x: v128, w: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(x, w));
}

function two(block: usize, blocks: i32, q: usize, qStride: usize, scales: usize, scaleStride: usize, out: usize, outStride: usize): void {
  for (; blocks > 0; blocks--, block += WORDS_BLOCK, scales += 4) {
    let a = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    let p = block + WORDS;
    for (const end = p + 1024; p < end; p += 64, q += 4) {
      const x = v128.load32_splat(q), y = v128.load32_splat(q + qStride);
      let w = v128.load(p);
      a = madd(a, x, w); e = madd(e, y, w); w = v128.load(p, 16);
      b = madd(b, x, w); f = madd(f, y, w); w = v128.load(p, 32);
      c = madd(c, x, w); g = madd(g, y, w); w = v128.load(p, 48);
      d = madd(d, x, w); h = madd(h, y, w);
    }
    const d0 = v128.load(block), d1 = v128.load(block, 16), d2 = v128.load(block, 32), d3 = v128.load(block, 48);
    add_scaled(out, a, b, c, d, d0, d1, d2, d3, v128.load32_splat(scales));
    add_scaled(out + outStride, e, f, g, h, d0, d1, d2, d3, v128.load32_splat(scales + scaleStride));
  }
}

function one(block: usize, blocks: i32, q: usize, scales: usize, out: usize): void {
  for (; blocks > 0; blocks--, block += WORDS_BLOCK, scales += 4) {
    let a = i32x4.splat(0), b = a, c = a, d = a;
    let p = block + WORDS;
    for (const end = p + 1024; p < end; p += 128, q += 8) {
      const four = v128.load64_splat(q);
      let x = splat0(four);
      a = madd(a, x, v128.load(p)); b = madd(b, x, v128.load(p, 16)); c = madd(c, x, v128.load(p, 32)); d = madd(d, x, v128.load(p, 48));
      x = splat1(four);
      a = madd(a, x, v128.load(p, 64)); b = madd(b, x, v128.load(p, 80)); c = madd(c, x, v128.load(p, 96)); d = madd(d, x, v128.load(p, 112));
    }
    add_scaled(out, a, b, c, d, v128.load(block), v128.load(block, 16), v128.load(block, 32), v128.load(block, 48), v128.load32_splat(scales));
  }
}

/** Row r of `blocks` unpacked blocks as floats. */
export function row_words32(block: usize, blocks: i32, r: i32, out: usize): void {
  for (; blocks > 0; blocks--, block += WORDS_BLOCK) {
    const d = load<f32>(block + (<usize>r << 2));
    for (let c: usize = 0; c < 32; c++, out += 4) {
      store<f32>(out, d * <f32>load<i16>(block + WORDS + ((c >> 1) << 6) + (<usize>r << 2) + ((c & 1) << 1)));
    }
  }
}
