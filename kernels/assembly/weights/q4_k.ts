/**
 * Q4_K: blocks of 256 columns, 144 bytes a row in a file (ggml-common.h, block_q4_K):
 *
 *   | d: f16 | dmin: f16 | 8 scales, 8 minimums of 6 bits: 12 B | 64 columns: 32 B, low nibbles first | ... four times |
 *
 *   w = d scale n - dmin minimum
 *
 * Packed, 16 rows together, 2368 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | dmin of row 0 .. 15: f16 | scale of row 0 .. 15: u8, eight times |
 *   | minimums 2p, 2p+1 of row 0 .. 15: u8, four times |
 *   | half, i, v: nibble bytes 4i .. 4i+3 of rows 8 half + 4v .. 8 half + 4v + 3: 16 B | ...          v = 0, 1
 */
import { add_dot } from "../simd/dot";
import { carried_nibbles, low_nibbles, splat0, splat1, splat2, splat3 } from "../simd/lanes";
import { CODES256, DMIN256, MINS256, RECORD256, SCALES256, spread_scales, SUMS32 } from "./bytes256";
import { carry_nibbles, clear16, interleave_scales, interleave_words, SCALES, scales_of, widen_scales, WORDS } from "./group";

const FILE_BLOCK: usize = 144;
export const BLOCK_Q4_K: usize = 2368;

/** Packed bytes before the codes. */
export const HEAD_K4: usize = 320;

export function pack_q4_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q4_K, src += FILE_BLOCK) {
    pack_head_k4(src, stride, rows, dst);
    interleave_words(src + 16, stride, rows, 8, 128, dst + HEAD_K4, 0);
    interleave_words(src + 16 + (stride << 3), stride, rows - 8, 8, 128, dst + HEAD_K4 + 1024, 0);
    carry_nibbles(dst + HEAD_K4, 2048);
  }
}

/** d, dmin and the scales and minimums of Q4_K and Q5_K (get_scale_min_k4 of ggml-quants.c). */
export function pack_head_k4(src: usize, stride: usize, rows: i32, dst: usize): void {
  interleave_scales(src, stride, rows, 4, dst);
  for (let r: usize = 0; r < 16; r++) {
    const from = src + r * stride + 4;
    for (let s: usize = 0; s < 8; s++) {
      let scale: u32 = 0, minimum: u32 = 0;
      if (<i32>r < rows) {
        if (s < 4) {
          scale = load<u8>(from + s) & 63;
          minimum = load<u8>(from + s + 4) & 63;
        } else {
          const low = <u32>load<u8>(from + s + 4);
          scale = (low & 15) | ((<u32>load<u8>(from + s - 4) >> 6) << 4);
          minimum = (low >> 4) | ((<u32>load<u8>(from + s) >> 6) << 4);
        }
      }
      store<u8>(dst + 2 * SCALES + (s << 4) + r, scale);
      store<u8>(dst + 2 * SCALES + 128 + ((s >> 1) << 5) + (r << 1) + (s & 1), minimum);
    }
  }
}

/** The head of an unpacked block; each scale goes to `copies` steps. */
export function unpack_head_k4(src: usize, dst: usize, copies: usize): void {
  const one = <i32>(src != 0);
  widen_scales(src, dst, one);
  widen_scales(src + SCALES, dst + DMIN256, one);
  let p = src + 2 * SCALES;
  let to = dst + SCALES256;
  for (const end = p + 128; p < end; p += 16) {
    for (let i: usize = 0; i < copies; i++, to += 64) spread_scales(v128.load(p), to);
  }
  to = dst + MINS256;
  for (const end = p + 128; p < end; p += 8, to += 16) v128.store(to, v128.load_ext<u8>(p));
}

export function unpack_q4_k(src: usize, dst: usize): void {
  unpack_head_k4(src, dst, 1);
  let p = src + HEAD_K4;
  for (let half: usize = 0; half < 64; half += 32) {
    let to = dst + CODES256 + half;
    for (const stop = to + 4096; to < stop; to += 512) {
      for (const end = p + 256; p < end; p += 32, to += 64) {
        const x = v128.load(p), y = v128.load(p, 16);
        v128.store(to, low_nibbles(x));
        v128.store(to, low_nibbles(y), 16);
        v128.store(to, carried_nibbles(x), 512);
        v128.store(to, carried_nibbles(y), 528);
      }
    }
  }
}

/**
 * One token times one group of each stream (table.ts) without unpacking, the same bits as bytes256.ts; 64 columns of eight rows a
 * turn, whose four sums stay in registers. work: WORDS bytes a stream.
 */
export function dot_q4_k(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, record: usize, out: usize, outApart: usize, work: usize): void {
  const one = <i32>(blocks > 0), last = work + <usize>streams * WORDS;
  for (; blocks > 0; blocks--, group += BLOCK_Q4_K, q += 256, record += RECORD256) {
    for (let w = work; w < last; w += WORDS) clear16(w);
    for (let turn: usize = 0; turn < 8; turn++) {
      const half = turn >> 2, step = turn & 3, x = q + (step << 6);
      const codes = HEAD_K4 + (turn << 8), scales = 2 * SCALES + (half << 3) + (step << 5);
      for (let block = group, w = work + (half << 5); w < last; block += apart, w += WORDS) dot_step(block + codes, x, block + scales, w);
    }
    let y = out;
    for (let block = group, w = work; w < last; block += apart, w += WORDS, y += outApart) end_block_k4(block, record, y, w, one);
  }
}

/** 64 columns of eight rows, their scales at `scale`; added to work[8]. */
// @ts-ignore: decorator
@inline
function dot_step(p: usize, q: usize, scale: usize, work: usize): void {
  let a = i16x8.splat(0), b = a, c = a, d = a;
  for (const end = p + 256; p < end; p += 64, q += 8) {
    const low = v128.load64_splat(q), high = v128.load64_splat(q, 32);
    let x = splat0(low), y = splat0(high), w = v128.load(p);
    a = add_dot(a, x, low_nibbles(w)); c = add_dot(c, y, carried_nibbles(w)); w = v128.load(p, 16);
    b = add_dot(b, x, low_nibbles(w)); d = add_dot(d, y, carried_nibbles(w));
    x = splat1(low); y = splat1(high); w = v128.load(p, 32);
    a = add_dot(a, x, low_nibbles(w)); c = add_dot(c, y, carried_nibbles(w)); w = v128.load(p, 48);
    b = add_dot(b, x, low_nibbles(w)); d = add_dot(d, y, carried_nibbles(w));
  }
  const s = v128.load_ext<i8>(scale), t = v128.load_ext<i8>(scale, 16);
  v128.store(work, add_two_steps(v128.load(work), a, rows_0_3(s), c, rows_0_3(t)));
  v128.store(work, add_two_steps(v128.load(work, 16), b, rows_4_7(s), d, rows_4_7(t)), 16);
}

/** The scales of rows 0 to 3 of eight, each twice. */
// @ts-ignore: decorator
@inline
function rows_0_3(scales: v128): v128 {
  return v128.shuffle<i16>(scales, scales, 0, 0, 1, 1, 2, 2, 3, 3);
}

// @ts-ignore: decorator
@inline
function rows_4_7(scales: v128): v128 {
  return v128.shuffle<i16>(scales, scales, 4, 4, 5, 5, 6, 6, 7, 7);
}

/** sum + the sums of one step times their scales + those of another. */
// @ts-ignore: decorator
@inline
function add_two_steps(sum: v128, a: v128, s: v128, b: v128, t: v128): v128 {
  return i32x4.add(i32x4.add(sum, i32x4.dot_i16x8_s(a, s)), i32x4.dot_i16x8_s(b, t));
}

/** Joins the exact sums of a packed block of Q4_K or Q5_K to out. one: 1 (lanes.ts). */
export function end_block_k4(block: usize, record: usize, out: usize, work: usize, one: i32): void {
  const t = v128.load32_splat(record), sums = v128.load(record, SUMS32);
  const s0 = splat0(sums), s1 = splat1(sums), s2 = splat2(sums), s3 = splat3(sums);
  let mins = block + 2 * SCALES + 128;
  for (let v: usize = 0; v < 64; v += 16, mins += 8) {
    let m = i32x4.dot_i16x8_s(v128.load_ext<u8>(mins), s0);
    m = i32x4.add(m, i32x4.dot_i16x8_s(v128.load_ext<u8>(mins, 32), s1));
    m = i32x4.add(m, i32x4.dot_i16x8_s(v128.load_ext<u8>(mins, 64), s2));
    m = i32x4.add(m, i32x4.dot_i16x8_s(v128.load_ext<u8>(mins, 96), s3));
    const d = f32x4.mul(scales_of(block, v, one), t), dmin = f32x4.mul(scales_of(block + SCALES, v, one), t);
    const y = f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(v128.load(work + v)), d), f32x4.mul(f32x4.convert_i32x4_s(m), dmin));
    v128.store(out + v, f32x4.add(v128.load(out + v), y));
  }
}
