/**
 * Q8_0: blocks of 32 columns, 34 bytes a row in a file (ggml-common.h, block_q8_0):
 *
 *   | d: f16 | q[0] .. q[31]: i8 |          w = d q
 *
 * Packed, 16 rows together, 544 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | columns 0,1 of rows 0 .. 15: i8 | columns 2,3 of rows 0 .. 15 | ... | columns 30,31 |
 *
 * The activation is 16-bit with one f32 scale a block (ops/quantize.ts, q16_32): i8 x i16 is exact in
 * i32x4.dot_i16x8_s and keeps the full range of a file's weights, -128 included.
 * Block sums are exact integers: 32 x 128 x 32767 < 2^31.
 */
import { load_f16x4 } from "../simd/half";
import { add_scaled, clear16, GROUP, SCALES } from "./group";

const FILE_BLOCK: usize = 34;
const BLOCK: usize = 544;

// @ts-ignore: decorator
@inline
export function group_bytes_q8_0(columns: i32): usize {
  return <usize>(columns >> 5) * BLOCK;
}

export function pack_q8_0(src: usize, dst: usize, rows: i32, columns: i32): void {
  const blocks = columns >> 5;
  const rowBytes = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK, src += FILE_BLOCK) {
    for (let r = 0; r < GROUP; r++) {
      const from = src + <usize>r * rowBytes;
      const to = dst + (<usize>r << 1);
      if (r < rows) {
        store<u16>(to, load<u16>(from));
        for (let p: usize = 0; p < 16; p++) store<u16>(to + SCALES + (p << 5), load<u16>(from + 2 + (p << 1)));
      } else {
        store<u16>(to, 0);
        for (let p: usize = 0; p < 16; p++) store<u16>(to + SCALES + (p << 5), 0);
      }
    }
  }
}

export function row_q8_0(group: usize, r: i32, columns: i32, out: usize): void {
  const blocks = columns >> 5;
  for (let b = 0; b < blocks; b++, group += BLOCK) {
    const d = scale_of(group, r);
    const q = group + SCALES + (<usize>r << 1);
    for (let p: usize = 0; p < 16; p++, out += 8) {
      store<f32>(out, d * <f32>load<i8>(q + (p << 5)));
      store<f32>(out, d * <f32>load<i8>(q + (p << 5) + 1), 4);
    }
  }
}

// @ts-ignore: decorator
@inline
function scale_of(block: usize, r: i32): f32 {
  const lane = r & 3;
  const four = load_f16x4(block + (<usize>(r >> 2) << 3));
  return lane == 0 ? f32x4.extract_lane(four, 0) : lane == 1 ? f32x4.extract_lane(four, 1) : lane == 2 ? f32x4.extract_lane(four, 2) : f32x4.extract_lane(four, 3);
}

/**
 * 16 rows times one token: q[columns] 16-bit with scales[columns / 32] -> out[16].
 * The float sums stay in out: fewer live vectors, and so no spills in the loop over pairs.
 */
export function dot_q8_0(group: usize, q: usize, scales: usize, columns: i32, out: usize): void {
  clear16(out);
  const end = group + group_bytes_q8_0(columns);
  while (group < end) {
    let a = i32x4.splat(0), b = a, c = a, d = a;
    let w = group + SCALES;
    const stop = w + 512;
    for (; w < stop; w += 32, q += 4) {
      const s = v128.load32_splat(q);
      a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(w), s));
      b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(w, 8), s));
      c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load_ext<i8>(w, 16), s));
      d = i32x4.add(d, i32x4.dot_i16x8_s(v128.load_ext<i8>(w, 24), s));
    }
    const t = v128.load32_splat(scales);
    add_scaled(out, a, group, t);
    add_scaled(out + 16, b, group + 8, t);
    add_scaled(out + 32, c, group + 16, t);
    add_scaled(out + 48, d, group + 24, t);
    group = stop;
    scales += 4;
  }
}

/** Four rows (v, 0 to 3, picks them) times four tokens, qStride, scaleStride and outStride bytes apart. */
function tile4_q8_0(group: usize, v: usize, q: usize, qStride: usize, scales: usize, scaleStride: usize, columns: i32, out: usize, outStride: usize): void {
  let f0 = f32x4.splat(0), f1 = f0, f2 = f0, f3 = f0;
  const end = group + group_bytes_q8_0(columns);
  let block = group;
  const q2 = qStride + qStride;
  while (block < end) {
    let a = i32x4.splat(0), b = a, c = a, d = a;
    let w = block + SCALES + (v << 3);
    const stop = w + 512;
    for (; w < stop; w += 32, q += 4) {
      const x = v128.load_ext<i8>(w);
      const q3 = q + q2;
      a = i32x4.add(a, i32x4.dot_i16x8_s(x, v128.load32_splat(q)));
      b = i32x4.add(b, i32x4.dot_i16x8_s(x, v128.load32_splat(q + qStride)));
      c = i32x4.add(c, i32x4.dot_i16x8_s(x, v128.load32_splat(q3)));
      d = i32x4.add(d, i32x4.dot_i16x8_s(x, v128.load32_splat(q3 + qStride)));
    }
    const s = load_f16x4(block + (v << 3));
    f0 = f32x4.add(f0, f32x4.mul(f32x4.convert_i32x4_s(a), f32x4.mul(s, v128.load32_splat(scales))));
    f1 = f32x4.add(f1, f32x4.mul(f32x4.convert_i32x4_s(b), f32x4.mul(s, v128.load32_splat(scales + scaleStride))));
    f2 = f32x4.add(f2, f32x4.mul(f32x4.convert_i32x4_s(c), f32x4.mul(s, v128.load32_splat(scales + scaleStride * 2))));
    f3 = f32x4.add(f3, f32x4.mul(f32x4.convert_i32x4_s(d), f32x4.mul(s, v128.load32_splat(scales + scaleStride * 3))));
    block += BLOCK;
    scales += 4;
  }
  v128.store(out, f0);
  v128.store(out + outStride, f1);
  v128.store(out + outStride * 2, f2);
  v128.store(out + outStride * 3, f3);
}

/** 16 rows times four tokens. */
export function dot4_q8_0(group: usize, q: usize, qStride: usize, scales: usize, scaleStride: usize, columns: i32, out: usize, outStride: usize): void {
  for (let v: usize = 0; v < 4; v++) tile4_q8_0(group, v, q, qStride, scales, scaleStride, columns, out + (v << 4), outStride);
}
