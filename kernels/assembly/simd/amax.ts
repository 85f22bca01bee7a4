/** Largest magnitude of `count` floats, NaN if one is: as integers, magnitudes are in the same order and NaN is above them. */
export function amax_of(p: usize, count: i32): f32 {
  const mask = i32x4.splat(0x7fffffff);
  let a = i32x4.splat(0), b = a, c = a, d = a;
  for (; count >= 16; count -= 16, p += 64) {
    a = i32x4.max_s(a, v128.and(v128.load(p), mask));
    b = i32x4.max_s(b, v128.and(v128.load(p, 16), mask));
    c = i32x4.max_s(c, v128.and(v128.load(p, 32), mask));
    d = i32x4.max_s(d, v128.and(v128.load(p, 48), mask));
  }
  for (; count >= 4; count -= 4, p += 16) a = i32x4.max_s(a, v128.and(v128.load(p), mask));
  let m = largest_lane(i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d)));
  for (; count > 0; count--, p += 4) m = max(m, abs(load<f32>(p)));
  return m;
}

/** most / amax; 0 where amax is so small, below 1e-34, that 8191 / amax might be infinite, and numbers count as zero. NaN where amax is. */
// @ts-ignore: decorator
@inline
export function steps_of(amax: f32, most: f32): f32 {
  return amax < <f32>1e-34 ? 0 : most / amax;
}

/** The largest of four floats that are not negative, NaN if one is. */
// @ts-ignore: decorator
@inline
export function largest_lane(x: v128): f32 {
  const m = i32x4.max_s(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(i32x4.max_s(m, v128.shuffle<i32>(m, m, 1, 0, 3, 2)), 0);
}
