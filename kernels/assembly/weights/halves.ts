/**
 * F16 and BF16 weights, packed: groups of 16 rows, two columns together, two numbers of two bytes a row.
 *
 *   group (64 B x pairs of columns):  | columns 0, 1: row 0 .. row 15, 4 B each | columns 2, 3: ... | ...
 *
 * so that one load holds two columns of four rows; beside a last column alone are zeros. Products and sums are f32, in
 * column order, as for F32 weights. BF16 is the upper half of an f32.
 */
import { f32x4_from_usual_pairs } from "../simd/half";
import { splat0, splat1 } from "../simd/lanes";
import { GROUP, interleave_words } from "./group";

export const PAIR_HALVES: usize = 64;

/** Columns of each stream that are read in turn: 1 KiB. */
const TURN: i32 = 32;

/** Rows of `columns` numbers at src into one packed group; rows at or past `rows` become zero. */
export function pack_halves(src: usize, dst: usize, rows: i32, columns: i32): void {
  const stride = <usize>columns << 1;
  interleave_words(src, stride, rows, GROUP, <usize>(columns >> 1) << 2, dst, 0);
  if ((columns & 1) == 0) return;
  dst += <usize>(columns >> 1) * PAIR_HALVES;
  src += stride - 2;
  for (let r = 0; r < GROUP; r++, dst += 4, src += stride) store<u32>(dst, r < rows ? load<u16>(src) : 0);
}

/** What selects and moves the numbers of even place, and of odd place. F16: factors; BF16: bytes, or a mask. one: 1 (lanes.ts). */
// @ts-ignore: decorator
@inline
function evens_of(brain: bool, one: i32): v128 {
  if (!brain) return i32x4.splat(one << 13);
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.mul(i8x16(-128, -128, 0, 1, -128, -128, 4, 5, -128, -128, 8, 9, -128, -128, 12, 13), i32x4.splat(one));
  return i32x4.splat(0);
}

// @ts-ignore: decorator
@inline
function odds_of(brain: bool, one: i32): v128 {
  return i32x4.splat(brain ? one * <i32>0xffff0000 : one << 29);
}

/** The numbers of even place of w as f32. */
// @ts-ignore: decorator
@inline
function even(brain: bool, w: v128, evens: v128, one: i32): v128 {
  if (!brain) return f32x4_from_usual_pairs(w, evens, one);
  if (ASC_FEATURE_RELAXED_SIMD) return i8x16.relaxed_swizzle(w, evens);
  return i32x4.shl(w, 16);
}

/** Those of odd place. */
// @ts-ignore: decorator
@inline
function odd(brain: bool, w: v128, odds: v128, one: i32): v128 {
  return brain ? v128.and(w, odds) : f32x4_from_usual_pairs(w, odds, one);
}

/** Row r of a packed group as floats. */
// @ts-ignore: decorator
@inline
function row_halves(brain: bool, group: usize, r: i32, columns: i32, out: usize): void {
  const one = <i32>(columns > 0);
  const evens = evens_of(brain, one), odds = odds_of(brain, one);
  let p = group + (<usize>r << 2);
  for (let c = 0; c < columns; c++, out += 4) {
    const w = v128.load32_splat(p);
    store<f32>(out, f32x4.extract_lane(c & 1 ? odd(brain, w, odds, one) : even(brain, w, evens, one), 0));
    if (c & 1) p += PAIR_HALVES;
  }
}

/** One group of 16 rows of each stream, `apart` bytes from each other, times one token x[columns] f32: added to out, outApart bytes from each other. */
// @ts-ignore: decorator
@inline
function dot_halves(brain: bool, group: usize, streams: i32, apart: usize, columns: i32, x: usize, out: usize, outApart: usize): void {
  const one = <i32>(columns > 0);
  const evens = evens_of(brain, one), odds = odds_of(brain, one);
  const end = out + <usize>streams * outApart;
  for (; columns > 0; columns -= TURN, group += (<usize>TURN >> 1) * PAIR_HALVES, x += <usize>TURN << 2) {
    const stop = x + (<usize>(min(TURN, columns) & ~1) << 2);
    let block = group, y = out;
    do {
      let a = v128.load(y), b = v128.load(y, 16), c = v128.load(y, 32), d = v128.load(y, 48);
      let p = block, t = x;
      for (; t < stop; t += 8, p += PAIR_HALVES) {
        const two = v128.load64_splat(t), s = splat0(two), z = splat1(two);
        let w = v128.load(p);
        a = f32x4.add(f32x4.add(a, f32x4.mul(s, even(brain, w, evens, one))), f32x4.mul(z, odd(brain, w, odds, one))); w = v128.load(p, 16);
        b = f32x4.add(f32x4.add(b, f32x4.mul(s, even(brain, w, evens, one))), f32x4.mul(z, odd(brain, w, odds, one))); w = v128.load(p, 32);
        c = f32x4.add(f32x4.add(c, f32x4.mul(s, even(brain, w, evens, one))), f32x4.mul(z, odd(brain, w, odds, one))); w = v128.load(p, 48);
        d = f32x4.add(f32x4.add(d, f32x4.mul(s, even(brain, w, evens, one))), f32x4.mul(z, odd(brain, w, odds, one)));
      }
      if (columns < TURN && columns & 1) {
        const s = v128.load32_splat(t);
        a = f32x4.add(a, f32x4.mul(s, even(brain, v128.load(p), evens, one)));
        b = f32x4.add(b, f32x4.mul(s, even(brain, v128.load(p, 16), evens, one)));
        c = f32x4.add(c, f32x4.mul(s, even(brain, v128.load(p, 32), evens, one)));
        d = f32x4.add(d, f32x4.mul(s, even(brain, v128.load(p, 48), evens, one)));
      }
      v128.store(y, a);
      v128.store(y, b, 16);
      v128.store(y, c, 32);
      v128.store(y, d, 48);
      block += apart;
      y += outApart;
    } while (y < end);
  }
}

/** Packed columns as F32 packs them; for an odd number of columns, one of zeros more. */
// @ts-ignore: decorator
@inline
function unpack_halves(brain: bool, src: usize, dst: usize, columns: i32): void {
  const one = <i32>(columns > 0);
  const evens = evens_of(brain, one), odds = odds_of(brain, one);
  for (const end = src + <usize>((columns + 1) >> 1) * PAIR_HALVES; src < end; src += PAIR_HALVES, dst += 128) {
    let w = v128.load(src);
    v128.store(dst, even(brain, w, evens, one)); v128.store(dst, odd(brain, w, odds, one), 64); w = v128.load(src, 16);
    v128.store(dst, even(brain, w, evens, one), 16); v128.store(dst, odd(brain, w, odds, one), 80); w = v128.load(src, 32);
    v128.store(dst, even(brain, w, evens, one), 32); v128.store(dst, odd(brain, w, odds, one), 96); w = v128.load(src, 48);
    v128.store(dst, even(brain, w, evens, one), 48); v128.store(dst, odd(brain, w, odds, one), 112);
  }
}

export function row_f16(group: usize, r: i32, columns: i32, out: usize): void {
  row_halves(false, group, r, columns, out);
}

export function row_bf16(group: usize, r: i32, columns: i32, out: usize): void {
  row_halves(true, group, r, columns, out);
}

export function dot_f16(group: usize, streams: i32, apart: usize, columns: i32, x: usize, out: usize, outApart: usize): void {
  dot_halves(false, group, streams, apart, columns, x, out, outApart);
}

export function dot_bf16(group: usize, streams: i32, apart: usize, columns: i32, x: usize, out: usize, outApart: usize): void {
  dot_halves(true, group, streams, apart, columns, x, out, outApart);
}

export function unpack_f16(src: usize, dst: usize, columns: i32): void {
  unpack_halves(false, src, dst, columns);
}

export function unpack_bf16(src: usize, dst: usize, columns: i32): void {
  unpack_halves(true, src, dst, columns);
}
