import { load_f16x4 } from "../simd/half";

/** Rows of a weight that are packed together: four vectors of four lanes, one row a lane. */
export const GROUP: i32 = 16;

/** Bytes of the scales that head a packed block: 16 half floats, one a row. */
export const SCALES: usize = 32;

/** Sets 16 floats to zero. */
// @ts-ignore: decorator
@inline
export function clear16(out: usize): void {
  const zero = f32x4.splat(0);
  v128.store(out, zero);
  v128.store(out, zero, 16);
  v128.store(out, zero, 32);
  v128.store(out, zero, 48);
}

/** out[0..3] += sum x (four half-float scales at `scales` x t): how every block's integer sum joins a row's result. */
// @ts-ignore: decorator
@inline
export function add_scaled(out: usize, sum: v128, scales: usize, t: v128): void {
  v128.store(out, f32x4.add(v128.load(out), f32x4.mul(f32x4.convert_i32x4_s(sum), f32x4.mul(load_f16x4(scales), t))));
}
