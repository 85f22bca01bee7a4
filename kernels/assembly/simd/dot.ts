/**
 * Integer dot products of signed bytes `a` with bytes `b` in 0..127.
 *
 * The relaxed instruction is exact, and the same on every machine, while b stays in 0..127 and the sum of each
 * pair of products fits 16 bits (2 x 127 x 127 does). The plain twin gives the same bits.
 */

/** Eight sums of adjacent pairs, 16 bits each. */
// @ts-ignore: decorator
@inline
export function dot_pairs_i8_u7(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_dot_i8x16_i7x16_s(a, b);
  const low = i16x8.extmul_low_i8x16_s(a, b);
  const high = i16x8.extmul_high_i8x16_s(a, b);
  const even = v128.shuffle<i16>(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
  const odd = v128.shuffle<i16>(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
  return i16x8.add(even, odd);
}
