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
import { f32x4_from_usual_halves } from "../simd/half";
import { splat0, splat1 } from "../simd/lanes";
import { add_scaled, interleave_halves, SCALES, widen_scales } from "./group";
import { madd, WORDS, WORDS_BLOCK } from "./words32";

const FILE_BLOCK: usize = 34;
export const BLOCK_Q8_0: usize = 544;

export function pack_q8_0(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q8_0, src += FILE_BLOCK) {
    interleave_halves(src, stride, rows, FILE_BLOCK, dst);
  }
}

export function unpack_q8_0(src: usize, dst: usize, blocks: i32): void {
  const one = <i32>(blocks > 0);
  for (; blocks > 0; blocks--, dst += WORDS_BLOCK) {
    widen_scales(src, dst, one);
    let to = dst + WORDS;
    const end = src + BLOCK_Q8_0;
    for (src += SCALES; src < end; src += 8, to += 16) v128.store(to, v128.load_ext<i8>(src));
  }
}

/**
 * 16 rows times one token without unpacking, the same bits as words32.ts: added to out.
 * The float sums stay in out: fewer live vectors, and so no spills.
 */
export function dot_q8_0(group: usize, blocks: i32, q: usize, scales: usize, out: usize): void {
  const one = <i32>(blocks > 0);
  for (; blocks > 0; blocks--, scales += 4) {
    let a = i32x4.splat(0), b = a, c = a, d = a;
    let w = group + SCALES;
    for (const stop = w + 512; w < stop; w += 64, q += 8) {
      const four = v128.load64_splat(q);
      let x = splat0(four);
      a = madd(a, x, v128.load_ext<i8>(w)); b = madd(b, x, v128.load_ext<i8>(w, 8)); c = madd(c, x, v128.load_ext<i8>(w, 16)); d = madd(d, x, v128.load_ext<i8>(w, 24));
      x = splat1(four);
      a = madd(a, x, v128.load_ext<i8>(w, 32)); b = madd(b, x, v128.load_ext<i8>(w, 40)); c = madd(c, x, v128.load_ext<i8>(w, 48)); d = madd(d, x, v128.load_ext<i8>(w, 56));
    }
    add_scaled(out, a, b, c, d, f32x4_from_usual_halves(v128.load_ext<u16>(group), one), f32x4_from_usual_halves(v128.load_ext<u16>(group, 8), one), f32x4_from_usual_halves(v128.load_ext<u16>(group, 16), one), f32x4_from_usual_halves(v128.load_ext<u16>(group, 24), one), v128.load32_splat(scales));
    group = w;
  }
}
