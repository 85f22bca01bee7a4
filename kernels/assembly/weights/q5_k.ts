/**
 * Q5_K: blocks of 256 columns, 176 bytes a row in a file (ggml-common.h, block_q5_K):
 *
 *   | head as in Q4_K: 16 B | fifth bits: 32 B, bit k of byte l for column 32 k + l | nibbles as in Q4_K: 128 B |
 *
 *   w = d scale n - dmin minimum
 *
 * Packed, 16 rows together, 2880 bytes a block:
 *
 *   | head as in Q4_K: 320 B | i = 0 .. 7: fifth-bit bytes 4i .. 4i+3 of row 0 .. 15: 64 B | nibbles the same way |
 */
import { add_dot } from "../simd/dot";
import { carried_nibbles, fifth, low_nibbles, splat0, splat1 } from "../simd/lanes";
import { CODES256, RECORD256 } from "./bytes256";
import { carry_nibbles, clear16, interleave_words, SCALES, WORDS } from "./group";
import { add_run } from "./planes";
import { end_block_k4, HEAD_K4, pack_head_k4, unpack_head_k4 } from "./q4_k";

const FILE_BLOCK: usize = 176;
export const BLOCK_Q5_K: usize = 2880;

export function pack_q5_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q5_K, src += FILE_BLOCK) {
    pack_head_k4(src, stride, rows, dst);
    interleave_words(src + 16, stride, rows, 16, 160, dst + HEAD_K4, 0);
    carry_nibbles(dst + HEAD_K4 + 512, 2048);
  }
}

export function unpack_q5_k(src: usize, dst: usize): void {
  unpack_head_k4(src, dst, 2);
  let p = src + HEAD_K4 + 512;
  let to = dst + CODES256;
  for (let step = 0; step < 4; step++, to += 512) {
    const factor = factor_of(step), first = first_of(step), second = i8x16.add(first, first);
    let high = src + HEAD_K4;
    for (const end = high + 512; high < end; high += 16, p += 16, to += 16) {
      const x = v128.load(p), k = i16x8.mul(v128.load(high), factor);
      v128.store(to, v128.or(low_nibbles(x), fifth(k, first)));
      v128.store(to, v128.or(carried_nibbles(x), fifth(k, second)), 512);
    }
  }
}

/** Fifth bits of the columns of a step, 32 low nibbles and 32 high ones, are bits 2 step and 2 step + 1 of a byte. */
// @ts-ignore: decorator
@inline
function factor_of(step: i32): v128 {
  return i16x8.splat(step < 2 ? 16 : 1);
}

/** The first of them, times the factor. */
// @ts-ignore: decorator
@inline
function first_of(step: i32): v128 {
  return i8x16.splat(step & 1 ? 64 : 16);
}

/** One token times one group of each stream (table.ts) without unpacking, the same bits as bytes256.ts, a run of 16 columns (planes.ts) a turn. work: WORDS bytes a stream. */
export function dot_q5_k(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, record: usize, out: usize, outApart: usize, work: usize): void {
  const one = <i32>(blocks > 0), last = work + <usize>streams * WORDS;
  for (; blocks > 0; blocks--, group += BLOCK_Q5_K, q += 256, record += RECORD256) {
    for (let w = work; w < last; w += WORDS) clear16(w);
    for (let s: usize = 0; s < 16; s++) {
      const step = s >> 2, run = (s & 1) << 8, codes = HEAD_K4 + 512 + (step << 9) + run, x = q + (s << 4);
      const factor = factor_of(<i32>step), first = first_of(<i32>step), second = i8x16.add(first, first);
      for (let block = group, w = work; w < last; block += apart, w += WORDS) {
        const high = block + HEAD_K4 + run, scales = v128.load(block + 2 * SCALES + (s >> 1 << 4));
        if (s & 2) run_high(block + codes, high, factor, second, x, scales, w);
        else run_low(block + codes, high, factor, first, x, scales, w);
      }
    }
    let y = out;
    for (let block = group, w = work; w < last; block += apart, w += WORDS, y += outApart) end_block_k4(block, record, y, w, one);
  }
}

/** 16 columns of low nibbles at p, with their fifth bits at h. */
function run_low(p: usize, h: usize, factor: v128, bit: v128, q: usize, scales: v128, work: usize): void {
  run_nibbles(false, p, h, factor, bit, q, scales, work);
}

/** The same of high nibbles. */
function run_high(p: usize, h: usize, factor: v128, bit: v128, q: usize, scales: v128, work: usize): void {
  run_nibbles(true, p, h, factor, bit, q, scales, work);
}

// @ts-ignore: decorator
@inline
function run_nibbles(high: bool, p: usize, h: usize, factor: v128, bit: v128, q: usize, scales: v128, work: usize): void {
  let a = i16x8.splat(0), b = a, c = a, d = a;
  for (const end = p + 256; p < end; p += 128, h += 128, q += 8) {
    const two = v128.load64_splat(q);
    let x = splat0(two);
    a = add_dot(a, x, code(high, v128.load(p), v128.load(h), factor, bit));
    b = add_dot(b, x, code(high, v128.load(p, 16), v128.load(h, 16), factor, bit));
    c = add_dot(c, x, code(high, v128.load(p, 32), v128.load(h, 32), factor, bit));
    d = add_dot(d, x, code(high, v128.load(p, 48), v128.load(h, 48), factor, bit));
    x = splat1(two);
    a = add_dot(a, x, code(high, v128.load(p, 64), v128.load(h, 64), factor, bit));
    b = add_dot(b, x, code(high, v128.load(p, 80), v128.load(h, 80), factor, bit));
    c = add_dot(c, x, code(high, v128.load(p, 96), v128.load(h, 96), factor, bit));
    d = add_dot(d, x, code(high, v128.load(p, 112), v128.load(h, 112), factor, bit));
  }
  add_run(work, a, b, c, d, scales);
}

// @ts-ignore: decorator
@inline
function code(high: bool, w: v128, h: v128, factor: v128, bit: v128): v128 {
  return v128.or(high ? carried_nibbles(w) : low_nibbles(w), fifth(i16x8.mul(h, factor), bit));
}
