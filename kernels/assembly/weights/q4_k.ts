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
 *   | minimums 2p, 2p+1 of row 0 .. 15: u8, four times | i, v: nibble bytes 4i .. 4i+3 of rows 4v .. 4v+3: 16 B | ...
 */
import { dot_pairs_i8_u7 } from "../simd/dot";
import { load_f16x4 } from "../simd/half";
import { add_exact_k4, CODES256, DMIN256, MINS256, RECORD, SCALES256, spread_scales } from "./bytes256";
import { interleave_halves, interleave_words, SCALES, widen_scales } from "./group";

const FILE_BLOCK: usize = 144;
export const BLOCK_Q4_K: usize = 2368;

/** Packed bytes before the codes. */
export const HEAD_K4: usize = 320;

export function pack_q4_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q4_K, src += FILE_BLOCK) {
    pack_head_k4(src, stride, rows, dst);
    interleave_words(src + 16, stride, rows, 128, dst + HEAD_K4, 0);
  }
}

/** d, dmin and the scales and minimums of Q4_K and Q5_K (get_scale_min_k4 of ggml-quants.c). */
export function pack_head_k4(src: usize, stride: usize, rows: i32, dst: usize): void {
  interleave_halves(src, stride, rows, 4, dst);
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
  widen_scales(src, dst);
  widen_scales(src + SCALES, dst + DMIN256);
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
  const mask = i8x16.splat(15);
  let p = src + HEAD_K4;
  let to = dst + CODES256;
  for (const stop = to + 4096; to < stop; to += 512) {
    for (const end = p + 512; p < end; p += 16, to += 16) {
      const x = v128.load(p);
      v128.store(to, v128.and(x, mask));
      v128.store(to, i8x16.shr_u(x, 4), 512);
    }
  }
}

/**
 * 16 rows times one token without unpacking, the same bits as bytes256.ts: added to out. work: 192 bytes.
 * Weights are read in order and at the pace of the products, which keeps memory busy.
 */
export function dot_q4_k(group: usize, blocks: i32, q: usize, record: usize, out: usize, work: usize): void {
  const mask = i8x16.splat(15);
  for (; blocks > 0; blocks--, record += RECORD) {
    memory.fill(work, 0, 64);
    let scale = group + 2 * SCALES;
    let p = group + HEAD_K4;
    for (const stop = p + 2048; p < stop; scale += 32, q += 32) {
      let a = i16x8.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
      for (const end = p + 512; p < end; p += 64, q += 4) {
        const x = v128.load32_splat(q), y = v128.load32_splat(q, 32);
        let w = v128.load(p);
        a = i16x8.add(a, dot_pairs_i8_u7(x, v128.and(w, mask)));
        e = i16x8.add(e, dot_pairs_i8_u7(y, v128.and(i16x8.shr_u(w, 4), mask)));
        w = v128.load(p, 16);
        b = i16x8.add(b, dot_pairs_i8_u7(x, v128.and(w, mask)));
        f = i16x8.add(f, dot_pairs_i8_u7(y, v128.and(i16x8.shr_u(w, 4), mask)));
        w = v128.load(p, 32);
        c = i16x8.add(c, dot_pairs_i8_u7(x, v128.and(w, mask)));
        g = i16x8.add(g, dot_pairs_i8_u7(y, v128.and(i16x8.shr_u(w, 4), mask)));
        w = v128.load(p, 48);
        d = i16x8.add(d, dot_pairs_i8_u7(x, v128.and(w, mask)));
        h = i16x8.add(h, dot_pairs_i8_u7(y, v128.and(i16x8.shr_u(w, 4), mask)));
      }
      spread_scales(v128.load(scale), work + 64);
      spread_scales(v128.load(scale, 16), work + 128);
      add_two_steps(work, a, e);
      add_two_steps(work + 16, b, f);
      add_two_steps(work + 32, c, g);
      add_two_steps(work + 48, d, h);
    }
    end_block_k4(group, record, out, work);
    group = p;
  }
}

/** work[0..3] += two steps' sums times their scales, 64 and 128 bytes on. */
// @ts-ignore: decorator
@inline
export function add_two_steps(work: usize, low: v128, high: v128): void {
  const sum = i32x4.add(i32x4.dot_i16x8_s(low, v128.load(work, 64)), i32x4.dot_i16x8_s(high, v128.load(work, 128)));
  v128.store(work, i32x4.add(v128.load(work), sum));
}

/** Joins the exact sums of a packed block of Q4_K or Q5_K to out. */
export function end_block_k4(block: usize, record: usize, out: usize, work: usize): void {
  for (let v: usize = 0; v < 4; v++) {
    const d = block + (v << 3);
    add_exact_k4(out + (v << 4), v128.load(work + (v << 4)), load_f16x4(d), load_f16x4(d + SCALES), d + 2 * SCALES + 128, record);
  }
}
