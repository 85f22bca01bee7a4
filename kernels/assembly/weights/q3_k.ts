/**
 * Q3_K: blocks of 256 columns, 110 bytes a row in a file (ggml-common.h, block_q3_K):
 *
 *   | third bits: 32 B, bit k of byte l for column 32 k + l | low pairs as in Q2_K: 64 B | 16 scales of 6 bits: 12 B | d: f16 |
 *
 *   w = d (scale - 32) (n - 4)
 *
 * Packed, 16 rows together, 1824 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | scale - 32 of row 0 .. 15: i8, sixteen times |
 *   | plane = 0 .. 2, j = 0 .. 7: bytes of columns 4j .. 4j+3 of row 0 .. 15: 64 B | ...
 *
 * With the codes of columns l + 32 k as c0 .. c7, a plane's byte for column l is c0 + 8 c1, c2 + 8 c3 or c4 + 8 c5, and above
 * these six bits are the low two of c6, the low two of c7, and the third bits of c6 and c7.
 */
import { add_dot } from "../simd/dot";
import { down_2, splat0, splat1 } from "../simd/lanes";
import { add_exact, CODES256, RECORD256, SCALES256, SUMS, spread_scales } from "./bytes256";
import { clear16, interleave_scales, interleave_words, SCALES, scales_of, widen_scales } from "./group";
import { add_run, run_masked, start_of } from "./planes";

const FILE_BLOCK: usize = 110;
export const BLOCK_Q3_K: usize = 1824;
const PLANES: usize = 288;
/** Bytes of a plane: 32 columns. */
const PLANE: usize = 512;

export function pack_q3_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q3_K, src += FILE_BLOCK) {
    interleave_scales(src + 108, stride, rows, 2, dst);
    for (let r: usize = 0; r < 16; r++) {
      const from = src + r * stride + 96;
      for (let s: usize = 0; s < 16; s++) {
        let scale = 0;
        if (<i32>r < rows) {
          const low = s < 8 ? <i32>load<u8>(from + s) & 15 : <i32>load<u8>(from + s - 8) >> 4;
          scale = (low | (((<i32>load<u8>(from + 8 + (s & 3)) >> (<i32>(s >> 2) << 1)) & 3) << 4)) - 32;
        }
        store<i8>(dst + SCALES + (s << 4) + r, <i8>scale);
      }
    }
    interleave_words(src, stride, rows, 16, 96, dst + PLANES, 0);
    gather_codes(dst + PLANES);
  }
}

/** One plane of third bits and two of low pairs to codes as they lie packed. */
function gather_codes(p: usize): void {
  const pair = i8x16.splat(3), third = i8x16.splat(4);
  for (const end = p + PLANE; p < end; p += 16) {
    const h = v128.load(p), x = v128.load(p, PLANE), y = v128.load(p, 2 * PLANE);
    const c0 = v128.or(v128.and(x, pair), v128.and(i16x8.shl(h, 2), third));
    const c1 = v128.or(v128.and(i16x8.shr_u(x, 2), pair), v128.and(i16x8.shl(h, 1), third));
    const c2 = v128.or(v128.and(i16x8.shr_u(x, 4), pair), v128.and(h, third));
    const c3 = v128.or(v128.and(i16x8.shr_u(x, 6), pair), v128.and(i16x8.shr_u(h, 1), third));
    const c4 = v128.or(v128.and(y, pair), v128.and(i16x8.shr_u(h, 2), third));
    const c5 = v128.or(v128.and(i16x8.shr_u(y, 2), pair), v128.and(i16x8.shr_u(h, 3), third));
    const low6 = v128.and(i16x8.shl(y, 2), i8x16.splat(-64)), low7 = v128.and(y, i8x16.splat(-64));
    v128.store(p, v128.or(v128.or(c0, i16x8.shl(c1, 3)), low6));
    v128.store(p, v128.or(v128.or(c2, i16x8.shl(c3, 3)), low7), PLANE);
    v128.store(p, v128.or(v128.or(c4, i16x8.shl(c5, 3)), v128.and(h, i8x16.splat(-64))), 2 * PLANE);
  }
}

/** Eight times c6: its low pair from plane 0, its third bit from bit 6 of plane 2. */
// @ts-ignore: decorator
@inline
function seventh(x: v128, z: v128): v128 {
  return i8x16.avgr_u(v128.or(down_2(v128.and(x, i8x16.splat(-64))), v128.and(z, i8x16.splat(64))), i8x16.splat(0));
}

/** Eight times c7: its low pair from plane 1, its third bit from bit 7 of plane 2. */
// @ts-ignore: decorator
@inline
function eighth(y: v128, z: v128): v128 {
  const zero = i8x16.splat(0);
  return i8x16.avgr_u(v128.or(down_2(v128.and(y, i8x16.splat(-64))), i8x16.avgr_u(v128.and(z, i8x16.splat(-128)), zero)), zero);
}

/** Bits 3 to 5 of each byte, shifted down. */
// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return i8x16.avgr_u(down_2(v128.and(x, i8x16.splat(56))), i8x16.splat(0));
}

export function unpack_q3_k(src: usize, dst: usize): void {
  const one = <i32>(src != 0);
  widen_scales(src, dst, one);
  for (let s: usize = 0; s < 16; s++) spread_scales(v128.load(src + SCALES + (s << 4)), dst + SCALES256 + (s << 6));
  const code = i8x16.splat(7);
  let to = dst + CODES256;
  let p = src + PLANES;
  for (const end = p + PLANE; p < end; p += 16, to += 16) {
    const x = v128.load(p), y = v128.load(p, PLANE), z = v128.load(p, 2 * PLANE);
    v128.store(to, v128.and(x, code));
    v128.store(to, upper(x), 512);
    v128.store(to, v128.and(y, code), 1024);
    v128.store(to, upper(y), 1536);
    v128.store(to, v128.and(z, code), 2048);
    v128.store(to, upper(z), 2560);
    v128.store(to, upper(seventh(x, z)), 3072);
    v128.store(to, upper(eighth(y, z)), 3584);
  }
}

/**
 * One token times one group of each stream (table.ts) without unpacking, the same bits as bytes256.ts, a run of 16 columns a
 * turn. Where eight times a code is what an instruction finds, sums are eight times as large, apart from the others.
 * work: WORK bytes a stream.
 */
export function dot_q3_k(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, record: usize, out: usize, outApart: usize, work: usize): void {
  const one = <i32>(blocks > 0), last = work + <usize>streams * WORK;
  for (; blocks > 0; blocks--, group += BLOCK_Q3_K, q += 256, record += RECORD256) {
    for (let w = work; w < last; w += 64) clear16(w);
    for (let s: usize = 0; s < 16; s++) {
      const k = s >> 1, run = PLANES + ((s & 1) << 8), plane = run + (k >> 1) * PLANE;
      const x = q + (s << 4), start = start_of(record + SUMS + (s << 2), k == 6 || (k & 1) != 0 ? 32 : 4);
      for (let block = group, w = work; w < last; block += apart, w += WORK) {
        const scales = v128.load(block + SCALES + (s << 4));
        if (k == 6) run_seventh(block + run, x, start, scales, w + EIGHTFOLD);
        else if (k == 7) run_eighth(block + run, x, start, scales, w + EIGHTFOLD);
        else if (k & 1) run_masked(block + plane, i8x16.splat(56), x, start, scales, w + EIGHTFOLD);
        else run_masked(block + plane, i8x16.splat(7), x, start, scales, w);
      }
    }
    let y = out;
    for (let block = group, w = work; w < last; block += apart, w += WORK, y += outApart) {
      for (let v: usize = 0; v < 64; v += 16) {
        const sum = i32x4.add(v128.load(w + v), i32x4.shr_s(v128.load(w + EIGHTFOLD + v), 3));
        add_exact(y + v, sum, scales_of(block, v, one), v128.load32_splat(record));
      }
    }
  }
}

/** Bytes of a stream's sums: of codes, and of eight times a code from EIGHTFOLD on. */
const WORK: usize = 128;
const EIGHTFOLD: usize = 64;

/** A run of the columns of c6. */
function run_seventh(p: usize, q: usize, start: v128, scales: v128, work: usize): void {
  let a = start, b = start, c = start, d = start;
  for (const end = p + 256; p < end; p += 128, q += 8) {
    const two = v128.load64_splat(q);
    let x = splat0(two);
    a = add_dot(a, x, seventh(v128.load(p), v128.load(p, 2 * PLANE + 0)));
    b = add_dot(b, x, seventh(v128.load(p, 16), v128.load(p, 2 * PLANE + 16)));
    c = add_dot(c, x, seventh(v128.load(p, 32), v128.load(p, 2 * PLANE + 32)));
    d = add_dot(d, x, seventh(v128.load(p, 48), v128.load(p, 2 * PLANE + 48)));
    x = splat1(two);
    a = add_dot(a, x, seventh(v128.load(p, 64), v128.load(p, 2 * PLANE + 64)));
    b = add_dot(b, x, seventh(v128.load(p, 80), v128.load(p, 2 * PLANE + 80)));
    c = add_dot(c, x, seventh(v128.load(p, 96), v128.load(p, 2 * PLANE + 96)));
    d = add_dot(d, x, seventh(v128.load(p, 112), v128.load(p, 2 * PLANE + 112)));
  }
  add_run(work, a, b, c, d, scales);
}

/** A run of the columns of c7. */
function run_eighth(p: usize, q: usize, start: v128, scales: v128, work: usize): void {
  let a = start, b = start, c = start, d = start;
  for (const end = p + 256; p < end; p += 128, q += 8) {
    const two = v128.load64_splat(q);
    let x = splat0(two);
    a = add_dot(a, x, eighth(v128.load(p, PLANE + 0), v128.load(p, 2 * PLANE + 0)));
    b = add_dot(b, x, eighth(v128.load(p, PLANE + 16), v128.load(p, 2 * PLANE + 16)));
    c = add_dot(c, x, eighth(v128.load(p, PLANE + 32), v128.load(p, 2 * PLANE + 32)));
    d = add_dot(d, x, eighth(v128.load(p, PLANE + 48), v128.load(p, 2 * PLANE + 48)));
    x = splat1(two);
    a = add_dot(a, x, eighth(v128.load(p, PLANE + 64), v128.load(p, 2 * PLANE + 64)));
    b = add_dot(b, x, eighth(v128.load(p, PLANE + 80), v128.load(p, 2 * PLANE + 80)));
    c = add_dot(c, x, eighth(v128.load(p, PLANE + 96), v128.load(p, 2 * PLANE + 96)));
    d = add_dot(d, x, eighth(v128.load(p, PLANE + 112), v128.load(p, 2 * PLANE + 112)));
  }
  add_run(work, a, b, c, d, scales);
}
