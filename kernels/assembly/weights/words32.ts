/**
 * Products of 16-bit numbers, a power of two for each row and 32 columns: what F16 and BF16 are packed to (halves.ts).
 *
 * A block of 16 rows x 32 columns, 1056 bytes; columns in pairs, j = 0 .. 15, rows v = 0 .. 3:
 *
 *   | d of row 0 .. 15: upper half of an f32, in the order that SCALES tells | j, v: columns 2j, 2j+1 of rows 4v .. 4v+3: i16 |          w = d n
 *
 * The activation (ops/quantize.ts, q16): s a, a 16-bit number with an f32 scale for 32 columns. With n and a within +-8191 a
 * block's sum of products is exact in 32 bits. Per row, in block order: y += (sum s) d; d rounds nothing, and so nothing overflows before
 * what it is joined to. A last block's columns past a row's end are zero.
 */
import { f32x4_from_even_brains, f32x4_from_odd_brains } from "../simd/half";
import { splat0, splat1 } from "../simd/lanes";
import { clear16, SCALES, scale_place, store16, WORDS } from "./group";

export const BLOCK_WORDS: usize = 1056;

/** out[16] += the sums a .. d of the block at p, times the activation's scale s and their rows' powers. */
// @ts-ignore: decorator
@inline
function add_block(out: usize, a: v128, b: v128, c: v128, d: v128, s: v128, p: usize, one: i32): void {
  const low = v128.load(p), high = v128.load(p, 16);
  v128.store(out, joined(v128.load(out), a, s, f32x4_from_even_brains(low, one)));
  v128.store(out, joined(v128.load(out, 16), b, s, f32x4_from_odd_brains(low, one)), 16);
  v128.store(out, joined(v128.load(out, 32), c, s, f32x4_from_even_brains(high, one)), 32);
  v128.store(out, joined(v128.load(out, 48), d, s, f32x4_from_odd_brains(high, one)), 48);
}

// @ts-ignore: decorator
@inline
function joined(y: v128, sum: v128, s: v128, d: v128): v128 {
  return f32x4.add(y, f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(sum), s), d));
}

/** `blocks` blocks times `tokens` activations, added to out. work: WORDS bytes. */
export function tile_words32(block: usize, blocks: i32, q: usize, qStride: usize, scales: usize, scaleStride: usize, tokens: i32, out: usize, outStride: usize, work: usize): void {
  for (; tokens >= 2; tokens -= 2, q += qStride << 1, scales += scaleStride << 1, out += outStride << 1) two(block, blocks, q, qStride, scales, scaleStride, out, outStride);
  if (tokens > 0) dot_words32(block, 1, 0, blocks, q, scales, out, 0, work);
}

function two(block: usize, blocks: i32, q: usize, qStride: usize, scales: usize, scaleStride: usize, out: usize, outStride: usize): void {
  const one = <i32>(blocks > 0);
  for (; blocks > 0; blocks--, block += BLOCK_WORDS, scales += 4) {
    let a = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    let p = block + SCALES;
    for (const end = block + BLOCK_WORDS; p < end; p += 64, q += 4) {
      const x = v128.load32_splat(q), y = v128.load32_splat(q + qStride);
      let w = v128.load(p);
      a = i32x4.add(a, i32x4.dot_i16x8_s(x, w)); e = i32x4.add(e, i32x4.dot_i16x8_s(y, w)); w = v128.load(p, 16);
      b = i32x4.add(b, i32x4.dot_i16x8_s(x, w)); f = i32x4.add(f, i32x4.dot_i16x8_s(y, w)); w = v128.load(p, 32);
      c = i32x4.add(c, i32x4.dot_i16x8_s(x, w)); g = i32x4.add(g, i32x4.dot_i16x8_s(y, w)); w = v128.load(p, 48);
      d = i32x4.add(d, i32x4.dot_i16x8_s(x, w)); h = i32x4.add(h, i32x4.dot_i16x8_s(y, w));
    }
    add_block(out, a, b, c, d, v128.load32_splat(scales), block, one);
    add_block(out + outStride, e, f, g, h, v128.load32_splat(scales + scaleStride), block, one);
  }
}

/** One token times one group of each stream (table.ts), 8 columns a turn. work: WORDS bytes a stream. */
export function dot_words32(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, scales: usize, out: usize, outApart: usize, work: usize): void {
  const one = <i32>(blocks > 0), last = work + <usize>streams * WORDS;
  for (; blocks > 0; blocks--, group += BLOCK_WORDS, q += 64, scales += 4) {
    for (let w = work; w < last; w += WORDS) clear16(w);
    for (let turn: usize = 0; turn < 1024; turn += 256) {
      for (let block = group + SCALES + turn, w = work; w < last; block += apart, w += WORDS) dot_turn(block, q + (turn >> 4), w);
    }
    let y = out;
    for (let block = group, w = work; w < last; block += apart, w += WORDS, y += outApart) {
      add_block(y, v128.load(w), v128.load(w, 16), v128.load(w, 32), v128.load(w, 48), v128.load32_splat(scales), block, one);
    }
  }
}

/** 8 columns of 16 rows; added to work[16]. */
// @ts-ignore: decorator
@inline
function dot_turn(p: usize, q: usize, work: usize): void {
  let a = v128.load(work), b = v128.load(work, 16), c = v128.load(work, 32), d = v128.load(work, 48);
  for (const end = p + 256; p < end; p += 128, q += 8) {
    const two = v128.load64_splat(q), u = splat0(two), v = splat1(two);
    a = i32x4.add(i32x4.add(a, i32x4.dot_i16x8_s(u, v128.load(p))), i32x4.dot_i16x8_s(v, v128.load(p, 64)));
    b = i32x4.add(i32x4.add(b, i32x4.dot_i16x8_s(u, v128.load(p, 16))), i32x4.dot_i16x8_s(v, v128.load(p, 80)));
    c = i32x4.add(i32x4.add(c, i32x4.dot_i16x8_s(u, v128.load(p, 32))), i32x4.dot_i16x8_s(v, v128.load(p, 96)));
    d = i32x4.add(i32x4.add(d, i32x4.dot_i16x8_s(u, v128.load(p, 48))), i32x4.dot_i16x8_s(v, v128.load(p, 112)));
  }
  store16(work, a, b, c, d);
}

/** Row r of a packed group as floats. */
export function row_words32(group: usize, r: i32, columns: i32, out: usize): void {
  const d = scale_place(r);
  for (let c = 0; c < columns; c++, out += 4) {
    const block = group + <usize>(c >> 5) * BLOCK_WORDS;
    const n = load<i16>(block + SCALES + (<usize>(c >> 1 & 15) << 6) + (<usize>r << 2) + (<usize>(c & 1) << 1));
    store<f32>(out, reinterpret<f32>(<i32>load<u16>(block + d) << 16) * <f32>n);
  }
}
