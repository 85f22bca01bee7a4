/**
 * One token's products with codes of K-quants that lie in planes: bytes of columns 4j .. 4j+3 of 16 rows, 64 bytes a j,
 * each byte with the bits of several columns. A run is 16 columns under one scale: sums in 16-bit lanes from `start` on,
 * then times the scales (bytes, one a row) added to the exact sums work[16]. One plane and one column at a time: four sums
 * and what finds the code fit the registers.
 */
import { add_dot } from "../simd/dot";
import { splat0, splat1 } from "../simd/lanes";

/** work[16] += sums of a run times its scales. */
// @ts-ignore: decorator
@inline
export function add_run(work: usize, a: v128, b: v128, c: v128, d: v128, scales: v128): void {
  const low = i16x8.extend_low_i8x16_s(scales), high = i16x8.extend_high_i8x16_s(scales);
  v128.store(work, i32x4.add(v128.load(work), i32x4.dot_i16x8_s(a, v128.shuffle<i16>(low, low, 0, 0, 1, 1, 2, 2, 3, 3))));
  v128.store(work, i32x4.add(v128.load(work, 16), i32x4.dot_i16x8_s(b, v128.shuffle<i16>(low, low, 4, 4, 5, 5, 6, 6, 7, 7))), 16);
  v128.store(work, i32x4.add(v128.load(work, 32), i32x4.dot_i16x8_s(c, v128.shuffle<i16>(high, high, 0, 0, 1, 1, 2, 2, 3, 3))), 32);
  v128.store(work, i32x4.add(v128.load(work, 48), i32x4.dot_i16x8_s(d, v128.shuffle<i16>(high, high, 4, 4, 5, 5, 6, 6, 7, 7))), 48);
}

/** -centre x the sums of adjacent columns of a run: where its sums start (bytes256.ts). */
// @ts-ignore: decorator
@inline
export function start_of(sums: usize, centre: i32): v128 {
  return i16x8.mul(v128.load32_splat(sums), i16x8.splat(<i16>-centre));
}

/** A run whose codes, or a multiple of them, are those bits of each byte. */
export function run_masked(p: usize, mask: v128, q: usize, start: v128, scales: v128, work: usize): void {
  let a = start, b = start, c = start, d = start;
  for (const end = p + 256; p < end; p += 128, q += 8) {
    const two = v128.load64_splat(q);
    let x = splat0(two);
    a = add_dot(a, x, v128.and(v128.load(p), mask));
    b = add_dot(b, x, v128.and(v128.load(p, 16), mask));
    c = add_dot(c, x, v128.and(v128.load(p, 32), mask));
    d = add_dot(d, x, v128.and(v128.load(p, 48), mask));
    x = splat1(two);
    a = add_dot(a, x, v128.and(v128.load(p, 64), mask));
    b = add_dot(b, x, v128.and(v128.load(p, 80), mask));
    c = add_dot(c, x, v128.and(v128.load(p, 96), mask));
    d = add_dot(d, x, v128.and(v128.load(p, 112), mask));
  }
  add_run(work, a, b, c, d, scales);
}
