/**
 * e^x on four lanes, relative error below 2^-22.
 *
 * Cody-Waite reduction x = n ln2 + r with |r| <= ln2/2, then the Taylor polynomial of degree 7 in Horner form.
 * Plain multiplications and additions only, so that every machine gives the same bits.
 * Inputs are clamped to [-87.3, 88.7]: below, the result is about 1e-38 and not zero.
 */
// @ts-ignore: decorator
@inline
export function exp_f32x4(x: v128): v128 {
  let y = f32x4.min(f32x4.max(x, f32x4.splat(-87.3)), f32x4.splat(88.7));
  const n = f32x4.nearest(f32x4.mul(y, f32x4.splat(1.44269504088896341)));
  y = f32x4.sub(y, f32x4.mul(n, f32x4.splat(0.693359375)));
  y = f32x4.sub(y, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.0 / 5040.0);
  p = f32x4.add(f32x4.mul(p, y), f32x4.splat(1.0 / 720.0));
  p = f32x4.add(f32x4.mul(p, y), f32x4.splat(1.0 / 120.0));
  p = f32x4.add(f32x4.mul(p, y), f32x4.splat(1.0 / 24.0));
  p = f32x4.add(f32x4.mul(p, y), f32x4.splat(1.0 / 6.0));
  p = f32x4.add(f32x4.mul(p, y), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, y), f32x4.splat(1.0));
  p = f32x4.add(f32x4.mul(p, y), f32x4.splat(1.0));
  return f32x4.mul(p, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23));
}

/** e^x of one number, the same bits as a lane of exp_f32x4. */
// @ts-ignore: decorator
@inline
export function exp_f32(x: f32): f32 {
  return f32x4.extract_lane(exp_f32x4(f32x4.splat(x)), 0);
}
