/**
 * Q8_0: blocks of 32 columns, 34 bytes a row in a file (ggml-common.h, block_q8_0):
 *
 *   | d: f16 | q[0] .. q[31]: i8 |          w = d q
 *
 * Packed, 16 rows together, 544 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | columns 0,1 of rows 0 .. 15: i8 | columns 2,3 of rows 0 .. 15 | ... | columns 30,31 |
 *
 * 16-bit activations keep the full range of a file's weights, -128 included.
 */
import { load_f16x4 } from "../simd/half";
import { add_scaled, interleave_halves, SCALES, widen_scales } from "./group";
import { WORDS, WORDS_BLOCK } from "./words32";

const FILE_BLOCK: usize = 34;
export const BLOCK_Q8_0: usize = 544;

export function pack_q8_0(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q8_0, src += FILE_BLOCK) {
    interleave_halves(src, stride, rows, FILE_BLOCK, dst);
  }
}

export function unpack_q8_0(src: usize, dst: usize, blocks: i32): void {
  for (; blocks > 0; blocks--, dst += WORDS_BLOCK) {
    widen_scales(src, dst);
    let to = dst + WORDS;
    const end = src + BLOCK_Q8_0;
    for (src += SCALES; src < end; src += 8, to += 16) v128.store(to, v128.load_ext<i8>(src));
  }
}

/**
 * 16 rows times one token without unpacking, the same bits as words32.ts: added to out.
 * The float sums stay in out: fewer live vectors, and so no spills in the loop over pairs.
 */
export function dot_q8_0(group: usize, blocks: i32, q: usize, scales: usize, out: usize): void {
  for (; blocks > 0; blocks--, scales += 4) {
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
    add_scaled(out, a, load_f16x4(group), t);
    add_scaled(out + 16, b, load_f16x4(group + 8), t);
    add_scaled(out + 32, c, load_f16x4(group + 16), t);
    add_scaled(out + 48, d, load_f16x4(group + 24), t);
    group = stop;
  }
}
