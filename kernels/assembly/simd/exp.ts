/**
 * e^x = 2^n e^r, by Cody and Waite's reduction x = n ln2 + r with |r| <= ln2/2.
 *
 * Adding 1.5 x 2^23 rounds to the nearest integer, ties to even, and leaves that integer in the low bits of the sum.
 * e^r is 1 + r + r^2 ((c2 + c3 r) + r^2 (c4 + c5 r)), with the coefficients of least relative error (Remez), 1.05e-7;
 * its three levels are shorter than Horner's chain. Plain multiplications and additions only, so that every machine gives
 * the same bits.
 */
const LOG2_E: f32 = 1.44269504088896341;
const ROUND: f32 = 12582912;
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;
const C2: f32 = 0.4999923149540213;
const C3: f32 = 0.16667114649989617;
const C4: f32 = 0.04189015681267937;
const C5: f32 = 0.008312520144083927;

/**
 * e^x on four lanes, relative error below 2^-22. Inputs are clamped to [-87.3, 88.7]: below, the result is about 1e-38 and
 * not zero. NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function exp_f32x4(x: v128): v128 {
  let y = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87.3)), f32x4.splat(88.7));
  const t = f32x4.add(f32x4.mul(y, f32x4.splat(LOG2_E)), f32x4.splat(ROUND));
  const n = f32x4.sub(t, f32x4.splat(ROUND));
  y = f32x4.sub(y, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  y = f32x4.sub(y, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  return f32x4.mul(exp_of_small(y), i32x4.add(i32x4.mul(t, i32x4.splat(0x00800000)), i32x4.splat(0x3f800000)));
}

// @ts-ignore: decorator
@inline
function exp_of_small(r: v128): v128 {
  const r2 = f32x4.mul(r, r);
  const high = f32x4.mul(r2, f32x4.add(f32x4.mul(f32x4.splat(C5), r), f32x4.splat(C4)));
  const middle = f32x4.add(f32x4.mul(f32x4.splat(C3), r), f32x4.splat(C2));
  return f32x4.add(f32x4.mul(r2, f32x4.add(high, middle)), f32x4.add(r, f32x4.splat(1)));
}

/** e^x of one number, the same bits as a lane of exp_f32x4. Not inlined: its constants stay out of the caller's registers. */
export function exp_f32(x: f32): f32 {
  return f32x4.extract_lane(exp_f32x4(f32x4.splat(x)), 0);
}

/**
 * 16 numbers at p, each x - m, to e^(x - m), and exactly 0 below -80; the same bits as lanes of exp_f32x4.
 * Gives the four vectors' sum, (first + second) + (third + fourth).
 */
export function exp_16(p: usize, m: v128): v128 {
  const a = exp_to_zero(f32x4.sub(v128.load(p), m)), b = exp_to_zero(f32x4.sub(v128.load(p, 16), m));
  const c = exp_to_zero(f32x4.sub(v128.load(p, 32), m)), d = exp_to_zero(f32x4.sub(v128.load(p, 48), m));
  v128.store(p, a);
  v128.store(p, b, 16);
  v128.store(p, c, 32);
  v128.store(p, d, 48);
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
}

// @ts-ignore: decorator
@inline
function exp_to_zero(x: v128): v128 {
  const low = f32x4.splat(-80);
  let y = f32x4.pmax(x, low);
  const t = f32x4.add(f32x4.mul(y, f32x4.splat(LOG2_E)), f32x4.splat(ROUND));
  const power = v128.and(f32x4.gt(y, low), i32x4.add(i32x4.mul(t, i32x4.splat(0x00800000)), i32x4.splat(0x3f800000)));
  const n = f32x4.sub(t, f32x4.splat(ROUND));
  y = f32x4.sub(y, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  return f32x4.mul(exp_of_small(f32x4.sub(y, f32x4.mul(n, f32x4.splat(LN2_LOW)))), power);
}
