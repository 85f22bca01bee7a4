/**
 * e^x on four lanes, relative error below 2^-22.
 *
 * Cody-Waite reduction x = n ln2 + r with |r| <= ln2/2, then the Taylor polynomial of degree 7 in Horner form.
 * Plain multiplications and additions only, so that every machine gives the same bits. Adding 1.5 x 2^23 rounds to the
 * nearest integer, ties to even, and leaves that integer in the low bits of the sum.
 * Inputs are clamped to [-87.3, 88.7]: below, the result is about 1e-38 and not zero. NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function exp_f32x4(x: v128): v128 {
  let y = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87.3)), f32x4.splat(88.7));
  const t = f32x4.add(f32x4.mul(y, f32x4.splat(1.44269504088896341)), f32x4.splat(12582912));
  const n = f32x4.sub(t, f32x4.splat(12582912));
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
  return f32x4.mul(p, i32x4.add(i32x4.mul(t, i32x4.splat(0x00800000)), i32x4.splat(0x3f800000)));
}

/** e^x of one number, the same bits as a lane of exp_f32x4. */
// @ts-ignore: decorator
@inline
export function exp_f32(x: f32): f32 {
  return f32x4.extract_lane(exp_f32x4(f32x4.splat(x)), 0);
}

/**
 * 16 numbers at p, each x - m, to e^(x - m), and exactly 0 below -80; the same bits as lanes of exp_f32x4.
 * Four vectors go through each step together: a constant is made once for all of them. Gives the four vectors' sum,
 * (first + second) + (third + fourth).
 */
export function exp_16(p: usize, m: v128): v128 {
  const low = f32x4.splat(-80);
  let a = f32x4.pmax(f32x4.sub(v128.load(p), m), low), b = f32x4.pmax(f32x4.sub(v128.load(p, 16), m), low);
  let c = f32x4.pmax(f32x4.sub(v128.load(p, 32), m), low), d = f32x4.pmax(f32x4.sub(v128.load(p, 48), m), low);
  const log2e = f32x4.splat(1.44269504088896341), magic = f32x4.splat(12582912);
  const ta = f32x4.add(f32x4.mul(a, log2e), magic), tb = f32x4.add(f32x4.mul(b, log2e), magic);
  const tc = f32x4.add(f32x4.mul(c, log2e), magic), td = f32x4.add(f32x4.mul(d, log2e), magic);
  v128.store(p, v128.and(f32x4.gt(a, low), i32x4.add(i32x4.mul(ta, i32x4.splat(0x00800000)), i32x4.splat(0x3f800000))));
  v128.store(p, v128.and(f32x4.gt(b, low), i32x4.add(i32x4.mul(tb, i32x4.splat(0x00800000)), i32x4.splat(0x3f800000))), 16);
  v128.store(p, v128.and(f32x4.gt(c, low), i32x4.add(i32x4.mul(tc, i32x4.splat(0x00800000)), i32x4.splat(0x3f800000))), 32);
  v128.store(p, v128.and(f32x4.gt(d, low), i32x4.add(i32x4.mul(td, i32x4.splat(0x00800000)), i32x4.splat(0x3f800000))), 48);
  const na = f32x4.sub(ta, magic), nb = f32x4.sub(tb, magic), nc = f32x4.sub(tc, magic), nd = f32x4.sub(td, magic);
  let k = f32x4.splat(0.693359375);
  a = f32x4.sub(a, f32x4.mul(na, k)); b = f32x4.sub(b, f32x4.mul(nb, k)); c = f32x4.sub(c, f32x4.mul(nc, k)); d = f32x4.sub(d, f32x4.mul(nd, k));
  k = f32x4.splat(-2.12194440e-4);
  a = f32x4.sub(a, f32x4.mul(na, k)); b = f32x4.sub(b, f32x4.mul(nb, k)); c = f32x4.sub(c, f32x4.mul(nc, k)); d = f32x4.sub(d, f32x4.mul(nd, k));
  k = f32x4.splat(1.0 / 5040.0);
  let w = f32x4.mul(k, a), x = f32x4.mul(k, b), y = f32x4.mul(k, c), z = f32x4.mul(k, d);
  k = f32x4.splat(1.0 / 720.0);
  w = f32x4.mul(f32x4.add(w, k), a); x = f32x4.mul(f32x4.add(x, k), b); y = f32x4.mul(f32x4.add(y, k), c); z = f32x4.mul(f32x4.add(z, k), d);
  k = f32x4.splat(1.0 / 120.0);
  w = f32x4.mul(f32x4.add(w, k), a); x = f32x4.mul(f32x4.add(x, k), b); y = f32x4.mul(f32x4.add(y, k), c); z = f32x4.mul(f32x4.add(z, k), d);
  k = f32x4.splat(1.0 / 24.0);
  w = f32x4.mul(f32x4.add(w, k), a); x = f32x4.mul(f32x4.add(x, k), b); y = f32x4.mul(f32x4.add(y, k), c); z = f32x4.mul(f32x4.add(z, k), d);
  k = f32x4.splat(1.0 / 6.0);
  w = f32x4.mul(f32x4.add(w, k), a); x = f32x4.mul(f32x4.add(x, k), b); y = f32x4.mul(f32x4.add(y, k), c); z = f32x4.mul(f32x4.add(z, k), d);
  k = f32x4.splat(0.5);
  w = f32x4.mul(f32x4.add(w, k), a); x = f32x4.mul(f32x4.add(x, k), b); y = f32x4.mul(f32x4.add(y, k), c); z = f32x4.mul(f32x4.add(z, k), d);
  k = f32x4.splat(1.0);
  w = f32x4.mul(f32x4.add(w, k), a); x = f32x4.mul(f32x4.add(x, k), b); y = f32x4.mul(f32x4.add(y, k), c); z = f32x4.mul(f32x4.add(z, k), d);
  w = f32x4.mul(f32x4.add(w, k), v128.load(p)); x = f32x4.mul(f32x4.add(x, k), v128.load(p, 16));
  y = f32x4.mul(f32x4.add(y, k), v128.load(p, 32)); z = f32x4.mul(f32x4.add(z, k), v128.load(p, 48));
  v128.store(p, w);
  v128.store(p, x, 16);
  v128.store(p, y, 32);
  v128.store(p, z, 48);
  return f32x4.add(f32x4.add(w, x), f32x4.add(y, z));
}
