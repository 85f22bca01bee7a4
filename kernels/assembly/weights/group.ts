import { f32x4_from_pairs, f32x4_from_usual_pairs } from "../simd/half";

/** Rows of a weight that are packed together: four vectors of four lanes, one row a lane. */
export const GROUP: i32 = 16;

/** Bytes of 16 half-float scales, one a row, in pairs of which each widens to two vectors: rows 0 4 1 5 2 6 3 7, 8 12 9 13 10 14 11 15. */
export const SCALES: usize = 32;

/** Scratch of a thread: 512 columns of two groups as whole32.ts has them; or of one in another form, and a list of rows (ops/linear.ts). */
export const UNPACK_BYTES: usize = 18432;

/** Bytes of 16 words, one a row: what a stream of products without unpacking (table.ts) has in scratch, sums as a rule. */
export const WORDS: usize = 64;

/** Sets 16 words to zero. */
// @ts-ignore: decorator
@inline
export function clear16(out: usize): void {
  const zero = f32x4.splat(0);
  v128.store(out, zero);
  v128.store(out, zero, 16);
  v128.store(out, zero, 32);
  v128.store(out, zero, 48);
}

/** Four vectors of words to out. */
// @ts-ignore: decorator
@inline
export function store16(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
}

/** 16 half-float scales at p as f32 at out. */
// @ts-ignore: decorator
@inline
export function widen_scales(p: usize, out: usize, one: i32): void {
  for (let v: usize = 0; v < 64; v += 16) v128.store(out + v, scales_of(p, v, one));
}

/** Vector v / 16 of 16 half-float scales at p: those of rows v / 4 .. v / 4 + 3. */
// @ts-ignore: decorator
@inline
export function scales_of(p: usize, v: usize, one: i32): v128 {
  return f32x4_from_pairs(v128.load(p + (v >> 5 << 4)), i32x4.splat(one << (13 + <i32>(v & 16))), one);
}

/** The four scales of even place at p, as f32, in three steps (f32x4_from_usual_halves). */
// @ts-ignore: decorator
@inline
export function even_scales(pairs: v128, one: i32): v128 {
  return f32x4_from_usual_pairs(pairs, i32x4.splat(one << 13), one);
}

/** Those of odd place. */
// @ts-ignore: decorator
@inline
export function odd_scales(pairs: v128, one: i32): v128 {
  return f32x4_from_usual_pairs(pairs, i32x4.splat(one << 29), one);
}

/** y + sum x d: how a block's integer sum joins the results of four rows. */
// @ts-ignore: decorator
@inline
function scaled(y: v128, sum: v128, d: v128): v128 {
  return f32x4.add(y, f32x4.mul(f32x4.convert_i32x4_s(sum), d));
}

/** out[16] += a block's integer sums a .. d, with the scales d0 .. d3 of their rows. */
// @ts-ignore: decorator
@inline
export function add_scaled(out: usize, a: v128, b: v128, c: v128, d: v128, d0: v128, d1: v128, d2: v128, d3: v128): void {
  v128.store(out, scaled(v128.load(out), a, d0));
  v128.store(out, scaled(v128.load(out, 16), b, d1), 16);
  v128.store(out, scaled(v128.load(out, 32), c, d2), 32);
  v128.store(out, scaled(v128.load(out, 48), d, d3), 48);
}

/**
 * Interleaves 4-byte words of `width` rows, a multiple of 4: word i of the `bytes` bytes at src, rows stride apart, goes to
 * dst + 4 width i, four bytes a row; rows at or past `rows` get `filler`.
 */
export function interleave_words(src: usize, stride: usize, rows: i32, width: i32, bytes: usize, dst: usize, filler: u32): void {
  const step = <usize>width << 2;
  let i: usize = 0;
  if (rows >= width) {
    for (; i + 16 <= bytes; i += 16, dst += step << 2) {
      let from = src + i;
      for (let v: usize = 0; v < step; v += 16, from += stride << 2) words_4x4(from, stride, dst + v, step);
    }
  }
  const given = <usize>max(0, min(rows, width)) << 2;
  for (; i < bytes; i += 4, dst += step) {
    let from = src + i;
    let to = dst;
    for (const stop = dst + given; to < stop; to += 4, from += stride) store<u32>(to, load<u32>(from));
    for (const end = dst + step; to < end; to += 4) store<u32>(to, filler);
  }
}

/** Word k of row r at src to lane r of the vector at dst + k step. */
// @ts-ignore: decorator
@inline
function words_4x4(src: usize, stride: usize, dst: usize, step: usize): void {
  transpose_words(v128.load(src), v128.load(src + stride), v128.load(src + stride * 2), v128.load(src + stride * 3), dst, step);
}

/** Word k of a .. d to lanes 0 .. 3 of the vector at dst + k step. */
// @ts-ignore: decorator
@inline
export function transpose_words(a: v128, b: v128, c: v128, d: v128, dst: usize, step: usize): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7), gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(dst, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(dst + step, v128.shuffle<i64>(ab, cd, 1, 3));
  v128.store(dst + step * 2, v128.shuffle<i64>(ef, gh, 0, 2));
  v128.store(dst + step * 3, v128.shuffle<i64>(ef, gh, 1, 3));
}

/**
 * Takes off the high nibbles of `bytes` bytes at p what adding 8 to each 16-bit number will carry into them: low nibbles stay
 * as they are, and high ones are found in one rounding product (carried_nibbles of simd/lanes.ts).
 */
export function carry_nibbles(p: usize, bytes: usize): void {
  const first = i16x8.splat(1), high = i16x8.splat(0xf0), low = i16x8.splat(0xf00), zero = i16x8.splat(0);
  for (const end = p + bytes; p < end; p += 16) {
    const w = v128.load(p);
    const carry = v128.and(i16x8.shr_u(w, 3), first);
    // It goes on where the high nibble before the sum is 15, and past a low one of 15.
    const further = v128.and(v128.and(carry, i16x8.eq(v128.and(w, high), zero)), i16x8.eq(v128.and(w, low), low));
    v128.store(p, i8x16.sub(i8x16.sub(w, i16x8.shl(carry, 4)), i16x8.shl(further, 12)));
  }
}

/** Half-float scales of 16 rows, in the order that SCALES tells, for each two of the `bytes` bytes at src; missing rows get zero. */
export function interleave_scales(src: usize, stride: usize, rows: i32, bytes: usize, dst: usize): void {
  for (let i: usize = 0; i < bytes; i += 2, dst += SCALES) {
    for (let r = 0; r < 16; r++) store<u16>(dst + scale_place(r), r < rows ? load<u16>(src + i + <usize>r * stride) : 0);
  }
}

/** Where row r's scale is among SCALES bytes. */
// @ts-ignore: decorator
@inline
export function scale_place(r: i32): usize {
  return <usize>((r >> 3 << 4) + ((r & 3) << 2) + ((r >> 2 & 1) << 1));
}
