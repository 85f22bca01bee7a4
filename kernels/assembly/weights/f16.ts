/**
 * F16 weights, packed: groups of 16 rows, columns in order, 16 numbers of two bytes a column.
 *
 *   group (32 B x columns):  | column 0: row 0 .. row 15 | column 1: row 0 .. row 15 | ...
 *
 * Products and sums are f32, as for F32 weights. Weights are widened by the shortest way, shift and mask and one
 * product with 2^112 (the difference of the exponents' biases, exact also for subnormal halves).
 */
import { f32x4_from_u16_lanes, f32x4_from_usual_halves } from "../simd/half";
import { interleave_halves } from "./group";

/** Rows of `columns` numbers at src into one packed group; rows at or past `rows` become zero. */
export function pack_f16(src: usize, dst: usize, rows: i32, columns: i32): void {
  interleave_halves(src, <usize>columns << 1, rows, <usize>columns << 1, dst);
}

/** Row r of a packed group as floats. */
export function row_f16(group: usize, r: i32, columns: i32, out: usize): void {
  const one = <i32>(columns > 0);
  let p = group + (<usize>(r >> 2) << 3);
  const shift = <usize>(r & 3) << 2;
  for (let c = 0; c < columns; c++, p += 32, out += 4) {
    // Four rows are widened together; lane r & 3 is the wanted one.
    const four = f32x4_from_u16_lanes(v128.load_ext<u16>(p), one);
    store<f32>(out, shift == 0 ? f32x4.extract_lane(four, 0) : shift == 4 ? f32x4.extract_lane(four, 1) : shift == 8 ? f32x4.extract_lane(four, 2) : f32x4.extract_lane(four, 3));
  }
}

/** 16 rows times one token, added to out: x[columns] f32. */
export function dot_f16(group: usize, x: usize, columns: i32, out: usize): void {
  let a = v128.load(out), b = v128.load(out, 16), c = v128.load(out, 32), d = v128.load(out, 48);
  const one = <i32>(columns > 0);
  const end = x + (<usize>columns << 2);
  for (let w = group; x < end; x += 4, w += 32) {
    const s = v128.load32_splat(x);
    a = f32x4.add(a, f32x4.mul(s, f32x4_from_usual_halves(v128.load_ext<u16>(w), one)));
    b = f32x4.add(b, f32x4.mul(s, f32x4_from_usual_halves(v128.load_ext<u16>(w, 8), one)));
    c = f32x4.add(c, f32x4.mul(s, f32x4_from_usual_halves(v128.load_ext<u16>(w, 16), one)));
    d = f32x4.add(d, f32x4.mul(s, f32x4_from_usual_halves(v128.load_ext<u16>(w, 24), one)));
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
}

/** Packed columns as F32 packs them. */
export function unpack_f16(src: usize, dst: usize, columns: i32): void {
  const one = <i32>(columns > 0);
  for (const end = src + (<usize>columns << 5); src < end; src += 8, dst += 16) v128.store(dst, f32x4_from_usual_halves(v128.load_ext<u16>(src), one));
}
