/**
 * Four IEEE half floats, zero-extended to 32-bit lanes, as f32. Exact for every finite value; infinities and NaN are
 * not kept. No step has a subnormal operand, which would cost a hundred cycles on many CPUs. one: 1 (lanes.ts).
 */
// @ts-ignore: decorator
@inline
export function f32x4_from_u16_lanes(h: v128, one: i32): v128 {
  return f32x4_from_pairs(h, i32x4.splat(one << 13), one);
}

/** The same of the halves of even place in each lane, or of odd: 2^13 in that 16-bit place of each lane of `place`, 0 in the other. */
// @ts-ignore: decorator
@inline
export function f32x4_from_pairs(w: v128, place: v128, one: i32): v128 {
  // As a product of 16-bit numbers the shift by 13 keeps the sign at the top.
  const bits = i32x4.dot_i16x8_s(w, place);
  const magnitude = v128.and(bits, i32x4.splat(one * 0x0fffe000));
  // Exponent bias 127 - 15 = 112. Twice a normal number less the number itself; a subnormal half, read as
  // 2^-14 (1 + m / 1024), less 2^-14.
  const least = i32x4.splat(one * 0x38800000);
  const less = i32x4.max_s(i32x4.add(magnitude, i32x4.splat(one * 0x38000000)), least);
  return v128.or(f32x4.sub(i32x4.add(magnitude, least), less), v128.and(bits, i32x4.splat(one << 31)));
}

/**
 * The same in three steps, of which the last has a subnormal operand where the half is subnormal: slow there on some CPUs.
 * For weights, and for scales that hardly ever are.
 */
// @ts-ignore: decorator
@inline
export function f32x4_from_usual_halves(h: v128, one: i32): v128 {
  return f32x4_from_usual_pairs(h, i32x4.splat(one << 13), one);
}

/** The same of halves of even or odd place (f32x4_from_pairs). */
// @ts-ignore: decorator
@inline
export function f32x4_from_usual_pairs(w: v128, place: v128, one: i32): v128 {
  // 2^112: the difference of the exponents' biases.
  return f32x4.mul(v128.and(i32x4.dot_i16x8_s(w, place), i32x4.splat(one * <i32>0x8fffe000)), i32x4.splat(one * 0x77800000));
}

/** The brain floats (upper halves of f32) of even place in each lane, as f32. */
// @ts-ignore: decorator
@inline
export function f32x4_from_even_brains(w: v128, one: i32): v128 {
  return i32x4.mul(w, i32x4.splat(one << 16));
}

/** Those of odd place. */
// @ts-ignore: decorator
@inline
export function f32x4_from_odd_brains(w: v128, one: i32): v128 {
  return v128.and(w, i32x4.splat(one * <i32>0xffff0000));
}

/** One half float at p as f32. */
// @ts-ignore: decorator
@inline
export function load_f16(p: usize): f32 {
  return f32x4.extract_lane(f32x4_from_u16_lanes(i32x4.splat(<i32>load<u16>(p)), 1), 0);
}

/** Four f32 as half floats in the low 16 bits of each lane, rounded to nearest even; values beyond 65504 become infinity. */
// @ts-ignore: decorator
@inline
export function u16_lanes_from_f32x4(x: v128): v128 {
  const sign = v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000));
  const bits = v128.and(x, i32x4.splat(0x7fffffff));
  // Subnormal halves: adding 2^-1 (0x3f000000) aligns the mantissa so that the addition itself rounds to nearest even.
  const small = i32x4.sub(f32x4.add(bits, i32x4.splat(0x3f000000)), i32x4.splat(0x3f000000));
  const odd = v128.and(i32x4.shr_u(bits, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(bits, i32x4.splat(<i32>0xc8000fff)), odd), 13);
  const isSmall = i32x4.lt_s(bits, i32x4.splat(0x38800000));
  const isLarge = i32x4.ge_s(bits, i32x4.splat(0x477ff000));
  const finite = v128.bitselect(small, normal, isSmall);
  return v128.or(v128.bitselect(i32x4.splat(0x7c00), finite, isLarge), sign);
}
