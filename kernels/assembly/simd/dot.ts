/**
 * Integer dot products of signed bytes `a` with bytes `b` in 0..127.
 *
 * The relaxed instruction is exact, and the same on every machine, while b stays in 0..127 and the sum of each
 * pair of products fits 16 bits (2 x 127 x 127 does). The plain twin gives the same bits.
 */

/** Eight sums of adjacent pairs, 16 bits each. */
// @ts-ignore: decorator
@inline
function dot_pairs_i8_u7(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_dot_i8x16_i7x16_s(a, b);
  // Bytes of even and of odd place as 16-bit lanes; what is done to `a` is done once for all rows that share it.
  const even = i16x8.mul(i16x8.shr_s(i16x8.shl(a, 8), 8), v128.and(b, i16x8.splat(255)));
  return i16x8.add(even, i16x8.mul(i16x8.shr_s(a, 8), i16x8.shr_u(b, 8)));
}

/** sum, eight 16-bit lanes, plus those pair sums. */
// @ts-ignore: decorator
@inline
export function add_dot(sum: v128, a: v128, b: v128): v128 {
  return i16x8.add(sum, dot_pairs_i8_u7(a, b));
}

/**
 * The same where b is a byte of any value plus whole_bias(). Pairs of products must fit 16 bits: that holds where neither the
 * positive bytes of two in `a` nor the negative ones sum to more than 128, or to 32,767 by the largest b.
 */
// @ts-ignore: decorator
@inline
export function dot_whole(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_dot_i8x16_i7x16_s(a, b);
  const even = i16x8.mul(i16x8.shr_s(i16x8.shl(a, 8), 8), i16x8.shr_s(i16x8.shl(b, 8), 8));
  return i16x8.add(even, i16x8.mul(i16x8.shr_s(a, 8), i16x8.shr_s(b, 8)));
}

/**
 * What dot_whole wants added to signed bytes: 128 where the relaxed instruction takes bytes above 127 as unsigned (x86), 0
 * where as signed (ARM); no engine may do a third. one: 1 (lanes.ts).
 */
export function whole_bias(one: i32): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return 0;
  return i16x8.extract_lane_s(i16x8.relaxed_dot_i8x16_i7x16_s(i8x16.splat(<i8>one), i8x16.splat(<i8>(-56 * one))), 0) > 0 ? 128 : 0;
}
