/**
 * Q2_K: blocks of 256 columns, 84 bytes a row in a file (ggml-common.h, block_q2_K):
 *
 *   | 16 x scale (low nibble), minimum (high nibble): 16 B | pairs: 64 B | d: f16 | dmin: f16 |
 *
 *   w = d scale n - dmin minimum
 *
 * Each half of 128 columns has 32 bytes, whose pairs are columns l, l + 32, l + 64, l + 96.
 * Packed, 16 rows together, 1344 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | dmin of row 0 .. 15: f16 | scale and minimum of row 0 .. 15, sixteen times |
 *   | i, v: pair bytes 4i .. 4i+3 of rows 4v .. 4v+3: 16 B | ...
 */
import { add_dot } from "../simd/dot";
import { down_2, high_nibbles, splat0, splat1, top_pairs } from "../simd/lanes";
import { CODES256, DMIN256, MINS256, RECORD256, SCALES256, SUMS16, spread_scales } from "./bytes256";
import { clear16, interleave_scales, interleave_words, SCALES, scales_of, widen_scales } from "./group";
import { add_run, run_masked } from "./planes";

const FILE_BLOCK: usize = 84;
export const BLOCK_Q2_K: usize = 1344;
const PAIRS: usize = 320;

export function pack_q2_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q2_K, src += FILE_BLOCK) {
    interleave_scales(src + 80, stride, rows, 4, dst);
    for (let r: usize = 0; r < 16; r++) {
      const from = src + r * stride;
      for (let s: usize = 0; s < 16; s++) store<u8>(dst + 2 * SCALES + (s << 4) + r, <i32>r < rows ? load<u8>(from + s) : 0);
    }
    interleave_words(src + 16, stride, rows, 16, 64, dst + PAIRS, 0);
  }
}

export function unpack_q2_k(src: usize, dst: usize): void {
  const one = <i32>(src != 0);
  widen_scales(src, dst, one);
  widen_scales(src + SCALES, dst + DMIN256, one);
  const mask = i8x16.splat(15);
  let p = src + 2 * SCALES;
  let scales = dst + SCALES256;
  let mins = dst + MINS256;
  for (const end = p + 256; p < end; p += 32, scales += 128, mins += 64) {
    const even = v128.load(p), odd = v128.load(p, 16);
    spread_scales(v128.and(even, mask), scales);
    spread_scales(v128.and(odd, mask), scales + 64);
    const a = high_nibbles(even), b = high_nibbles(odd);
    const low = v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const high = v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    v128.store(mins, i16x8.extend_low_i8x16_u(low));
    v128.store(mins, i16x8.extend_high_i8x16_u(low), 16);
    v128.store(mins, i16x8.extend_low_i8x16_u(high), 32);
    v128.store(mins, i16x8.extend_high_i8x16_u(high), 48);
  }
  unpack_pairs(src + PAIRS, dst + CODES256);
}

/**
 * One token times one group of each stream (table.ts) without unpacking, the same bits as bytes256.ts, a run of 16 columns a
 * turn. Where four times a code is what an instruction finds, sums are four times as large, apart from the others.
 * work: WORK bytes a stream.
 */
export function dot_q2_k(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, record: usize, out: usize, outApart: usize, work: usize): void {
  const zero = i16x8.splat(0), nibble = i8x16.splat(15), last = work + <usize>streams * WORK;
  for (; blocks > 0; blocks--, group += BLOCK_Q2_K, q += 256, record += RECORD256) {
    for (let w = work; w < last; w += 64) clear16(w);
    for (let s: usize = 0; s < 16; s++) {
      const pairs = PAIRS + ((s >> 3) << 9) + ((s & 1) << 8), x = q + (s << 4), k = (s >> 1) & 3;
      for (let block = group, w = work; w < last; block += apart, w += WORK) {
        const p = block + pairs, scales = v128.and(v128.load(block + 2 * SCALES + (s << 4)), nibble);
        if (k == 0) run_masked(p, i8x16.splat(3), x, zero, scales, w);
        else if (k == 1) run_masked(p, i8x16.splat(12), x, zero, scales, w + FOURFOLD);
        else if (k == 2) run_third(p, x, zero, scales, w + FOURFOLD);
        else run_top(p, x, zero, scales, w + FOURFOLD);
      }
    }
    let y = out;
    for (let block = group, w = work; w < last; block += apart, w += WORK, y += outApart) end_block(block, record, y, w);
  }
}

/** Bytes of a stream's sums: of codes, of four times a code from FOURFOLD on, of minimums from MINIMUMS on. */
const WORK: usize = 192;
const FOURFOLD: usize = 64;
const MINIMUMS: usize = 128;

/** Joins a block's sums to out. */
function end_block(block: usize, record: usize, out: usize, work: usize): void {
  const one = <i32>(block > 0), minimums = work + MINIMUMS;
  for (let pair: usize = 0; pair < 8; pair++) {
    const p = block + 2 * SCALES + (pair << 5), sums = v128.load32_splat(record + SUMS16 + (pair << 2));
    const a = high_nibbles(v128.load(p)), b = high_nibbles(v128.load(p, 16));
    const low = v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const high = v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    add_product(minimums, i16x8.extend_low_i8x16_u(low), sums);
    add_product(minimums + 16, i16x8.extend_high_i8x16_u(low), sums);
    add_product(minimums + 32, i16x8.extend_low_i8x16_u(high), sums);
    add_product(minimums + 48, i16x8.extend_high_i8x16_u(high), sums);
  }
  const t = v128.load32_splat(record);
  for (let v: usize = 0; v < 64; v += 16) {
    const sum = i32x4.add(v128.load(work + v), i32x4.shr_s(v128.load(work + FOURFOLD + v), 2));
    const d = f32x4.mul(scales_of(block, v, one), t);
    const dmin = f32x4.mul(scales_of(block + SCALES, v, one), t);
    const y = f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(sum), d), f32x4.mul(f32x4.convert_i32x4_s(v128.load(minimums + v)), dmin));
    v128.store(out + v, f32x4.add(v128.load(out + v), y));
  }
}

// @ts-ignore: decorator
@inline
function add_product(sum: usize, x: v128, y: v128): void {
  v128.store(sum, i32x4.add(v128.load(sum), i32x4.dot_i16x8_s(x, y)));
}

/** A run of the third column of each byte, codes times four. */
function run_third(p: usize, q: usize, start: v128, scales: v128, work: usize): void {
  let a = start, b = start, c = start, d = start;
  for (const end = p + 256; p < end; p += 128, q += 8) {
    const two = v128.load64_splat(q);
    let x = splat0(two);
    a = add_dot(a, x, down_2(v128.and(v128.load(p), i8x16.splat(48))));
    b = add_dot(b, x, down_2(v128.and(v128.load(p, 16), i8x16.splat(48))));
    c = add_dot(c, x, down_2(v128.and(v128.load(p, 32), i8x16.splat(48))));
    d = add_dot(d, x, down_2(v128.and(v128.load(p, 48), i8x16.splat(48))));
    x = splat1(two);
    a = add_dot(a, x, down_2(v128.and(v128.load(p, 64), i8x16.splat(48))));
    b = add_dot(b, x, down_2(v128.and(v128.load(p, 80), i8x16.splat(48))));
    c = add_dot(c, x, down_2(v128.and(v128.load(p, 96), i8x16.splat(48))));
    d = add_dot(d, x, down_2(v128.and(v128.load(p, 112), i8x16.splat(48))));
  }
  add_run(work, a, b, c, d, scales);
}

/** A run of the fourth column of each byte, codes times four. */
function run_top(p: usize, q: usize, start: v128, scales: v128, work: usize): void {
  let a = start, b = start, c = start, d = start;
  for (const end = p + 256; p < end; p += 128, q += 8) {
    const two = v128.load64_splat(q);
    let x = splat0(two);
    a = add_dot(a, x, top_pairs(v128.load(p)));
    b = add_dot(b, x, top_pairs(v128.load(p, 16)));
    c = add_dot(c, x, top_pairs(v128.load(p, 32)));
    d = add_dot(d, x, top_pairs(v128.load(p, 48)));
    x = splat1(two);
    a = add_dot(a, x, top_pairs(v128.load(p, 64)));
    b = add_dot(b, x, top_pairs(v128.load(p, 80)));
    c = add_dot(c, x, top_pairs(v128.load(p, 96)));
    d = add_dot(d, x, top_pairs(v128.load(p, 112)));
  }
  add_run(work, a, b, c, d, scales);
}

/** 64 vectors of bit pairs to 256 of codes: pair k of vector i of a half to vector 32 k + i. */
export function unpack_pairs(src: usize, dst: usize): void {
  const pair = i8x16.splat(3);
  for (const stop = dst + 4096; dst < stop; dst += 1536) {
    for (const end = src + 512; src < end; src += 16, dst += 16) {
      const x = v128.load(src);
      v128.store(dst, v128.and(x, pair));
      v128.store(dst, down_2(v128.and(x, i8x16.splat(12))), 512);
      v128.store(dst, down_2(down_2(v128.and(x, i8x16.splat(48)))), 1024);
      v128.store(dst, down_2(top_pairs(x)), 1536);
    }
  }
}
