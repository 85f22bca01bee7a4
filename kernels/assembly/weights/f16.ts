/**
 * F16 weights, packed: groups of 16 rows, columns in order, 16 numbers of two bytes a column.
 *
 *   group (32 B x columns):  | column 0: row 0 .. row 15 | column 1: row 0 .. row 15 | ...
 *
 * Products and sums are f32, as for F32 weights. Weights are widened by the shortest way, shift and mask and one
 * product with 2^112 (the difference of the exponents' biases, exact also for subnormal halves).
 */
import { load_f16x4 } from "../simd/half";
import { GROUP } from "./group";

// @ts-ignore: decorator
@inline
export function group_bytes_f16(columns: i32): usize {
  return <usize>columns * 32;
}

/** Rows of `columns` numbers at src into one packed group; rows at or past `rows` become zero. */
export function pack_f16(src: usize, dst: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < GROUP; r++) {
    const row = src + <usize>r * <usize>columns * 2;
    let out = dst + <usize>r * 2;
    for (let c = 0; c < columns; c++, out += 32) {
      store<u16>(out, r < rows ? load<u16>(row + (<usize>c << 1)) : 0);
    }
  }
}

/** Row r of a packed group as floats. */
export function row_f16(group: usize, r: i32, columns: i32, out: usize): void {
  let p = group + (<usize>(r >> 2) << 3);
  const shift = <usize>(r & 3) << 2;
  for (let c = 0; c < columns; c++, p += 32, out += 4) {
    // Four rows are widened together; lane r & 3 is the wanted one.
    const four = load_f16x4(p);
    store<f32>(out, shift == 0 ? f32x4.extract_lane(four, 0) : shift == 4 ? f32x4.extract_lane(four, 1) : shift == 8 ? f32x4.extract_lane(four, 2) : f32x4.extract_lane(four, 3));
  }
}

// @ts-ignore: decorator
@inline
function widen(p: usize, mask: v128, rebias: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shl(v128.load_ext<i16>(p), 13), mask), rebias);
}

/** 16 rows times one token: x[columns] -> out[16]. */
export function dot_f16(group: usize, x: usize, columns: i32, out: usize): void {
  let a = f32x4.splat(0), b = a, c = a, d = a;
  const mask = i32x4.splat(<i32>0x8fffe000), rebias = i32x4.splat(0x77800000);
  const end = x + (<usize>columns << 2);
  for (let w = group; x < end; x += 4, w += 32) {
    const s = v128.load32_splat(x);
    a = f32x4.add(a, f32x4.mul(s, widen(w, mask, rebias)));
    b = f32x4.add(b, f32x4.mul(s, widen(w + 8, mask, rebias)));
    c = f32x4.add(c, f32x4.mul(s, widen(w + 16, mask, rebias)));
    d = f32x4.add(d, f32x4.mul(s, widen(w + 24, mask, rebias)));
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
}

/** 16 rows times two tokens whose inputs are xStride and outputs outStride bytes apart. */
export function dot2_f16(group: usize, x: usize, xStride: usize, columns: i32, out: usize, outStride: usize): void {
  let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  const mask = i32x4.splat(<i32>0x8fffe000), rebias = i32x4.splat(0x77800000);
  const end = x + (<usize>columns << 2);
  for (let w = group; x < end; x += 4, w += 32) {
    const s = v128.load32_splat(x);
    const t = v128.load32_splat(x + xStride);
    const w0 = widen(w, mask, rebias), w1 = widen(w + 8, mask, rebias), w2 = widen(w + 16, mask, rebias), w3 = widen(w + 24, mask, rebias);
    a = f32x4.add(a, f32x4.mul(s, w0));
    b = f32x4.add(b, f32x4.mul(s, w1));
    c = f32x4.add(c, f32x4.mul(s, w2));
    d = f32x4.add(d, f32x4.mul(s, w3));
    e = f32x4.add(e, f32x4.mul(t, w0));
    f = f32x4.add(f, f32x4.mul(t, w1));
    g = f32x4.add(g, f32x4.mul(t, w2));
    h = f32x4.add(h, f32x4.mul(t, w3));
  }
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
  out += outStride;
  v128.store(out, e);
  v128.store(out, f, 16);
  v128.store(out, g, 32);
  v128.store(out, h, 48);
}
