/**
 * Short forms of small steps. JavaScriptCore has one instruction for each of these; a shift by a constant costs it four
 * (the count goes through a general register each time), extadd_pairwise four, trunc_sat eight.
 *
 * Nor does it keep a constant vector in a register through a loop: it makes it again, in three instructions, for each use.
 * Loops that count take theirs from `one`, a number that is 1 and not known to be.
 */

/** Word 0 of x (32 bits) in all four lanes. */
// @ts-ignore: decorator
@inline
export function splat0(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 0, 0, 0, 0);
}

// @ts-ignore: decorator
@inline
export function splat1(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 1, 1, 1, 1);
}

// @ts-ignore: decorator
@inline
export function splat2(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 2, 2, 2, 2);
}

// @ts-ignore: decorator
@inline
export function splat3(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 3, 3, 3, 3);
}

/** The low four bits of each byte. */
// @ts-ignore: decorator
@inline
export function low_nibbles(x: v128): v128 {
  return v128.and(x, i8x16.splat(15));
}

/**
 * The high four bits of each byte, shifted down. Rounding (x 2^11 + 2^14) >> 15 is a shift by 4 where the bits below are
 * zero; the sign's copies are masked off.
 */
// @ts-ignore: decorator
@inline
export function high_nibbles(x: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.and(i16x8.relaxed_q15mulr_s(v128.and(x, i8x16.splat(-16)), i16x8.splat(2048)), i8x16.splat(15));
  return v128.and(i16x8.shr_u(x, 4), i8x16.splat(15));
}

/**
 * The high nibbles of bytes that carry_nibbles (weights/group.ts) made, shifted down: (x 2^11 + 2^14) >> 15 is a shift by 4 of
 * x + 8, whose carries are in the bytes already.
 */
// @ts-ignore: decorator
@inline
export function carried_nibbles(x: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.and(i16x8.relaxed_q15mulr_s(x, i16x8.splat(2048)), i8x16.splat(15));
  return v128.and(i16x8.shr_u(i16x8.add(x, i16x8.splat(8)), 4), i8x16.splat(15));
}

/** The high two bits of each byte at bits 2 and 3. */
// @ts-ignore: decorator
@inline
export function top_pairs(x: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.and(i16x8.relaxed_q15mulr_s(v128.and(x, i8x16.splat(-64)), i16x8.splat(2048)), i8x16.splat(12));
  return v128.and(i16x8.shr_u(x, 4), i8x16.splat(12));
}

/** 16 in each byte of x that has the bit of `bit`, one of 16 .. 128; else 0. */
// @ts-ignore: decorator
@inline
export function fifth(x: v128, bit: v128): v128 {
  return i8x16.min_u(v128.and(x, bit), i8x16.splat(16));
}

/** Bytes without their two low bits, shifted down by two: the rounded average with zero, twice. */
// @ts-ignore: decorator
@inline
export function down_2(x: v128): v128 {
  const zero = i8x16.splat(0);
  return i8x16.avgr_u(i8x16.avgr_u(x, zero), zero);
}

/** Nearest integers, ties to even, of floats within +-2^22: adding 1.5 x 2^23 leaves the integer in the low bits. */
// @ts-ignore: decorator
@inline
export function nearest_i32x4(x: v128): v128 {
  return nearest_by(x, f32x4.splat(12582912));
}

/** The same with 1.5 x 2^23 in `big`, for loops that keep it in a register. As an integer it is what is left to take off. */
// @ts-ignore: decorator
@inline
export function nearest_by(x: v128, big: v128): v128 {
  return i32x4.sub(f32x4.add(x, big), big);
}
