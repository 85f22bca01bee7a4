/**
 * Q8_0: blocks of 32 columns, 34 bytes a row in a file (ggml-common.h, block_q8_0):
 *
 *   | d: f16 | q[0] .. q[31]: i8 |          w = d q
 *
 * Packed, 16 rows together, 544 bytes a block; j = 0 .. 7, v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f16 | j, v: columns 4j .. 4j+3 of rows 4v .. 4v+3: whole_bias (simd/dot.ts) + q, 16 B | ...
 */
import { whole_bias } from "../simd/dot";
import { splat0, splat1, splat2 } from "../simd/lanes";
import { add_scaled, even_scales, interleave_scales, interleave_words, odd_scales, SCALES, widen_scales } from "./group";
import { add_whole, FOURS_BLOCK, FOURS_START, WHOLE, WHOLE_BLOCK } from "./whole32";

const FILE_BLOCK: usize = 34;
export const BLOCK_Q8_0: usize = 544;

export function pack_q8_0(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK, bias = i8x16.splat(<i8>whole_bias(<i32>(blocks > 0)));
  for (let b = 0; b < blocks; b++, src += FILE_BLOCK) {
    interleave_scales(src, stride, rows, 2, dst);
    dst += SCALES;
    interleave_words(src + 2, stride, rows, 16, 32, dst, 0);
    for (const end = dst + 512; dst < end; dst += 16) v128.store(dst, v128.xor(v128.load(dst), bias));
  }
}

export function unpack_q8_0(src: usize, dst: usize, blocks: i32): void {
  const one = <i32>(blocks > 0);
  for (; blocks > 0; blocks--, src += BLOCK_Q8_0, dst += WHOLE_BLOCK) {
    widen_scales(src, dst, one);
    for (let i: usize = 0; i < 512; i += 64) {
      v128.store(dst + WHOLE + i, v128.load(src + SCALES + i)); v128.store(dst + WHOLE + i, v128.load(src + SCALES + i, 16), 16);
      v128.store(dst + WHOLE + i, v128.load(src + SCALES + i, 32), 32); v128.store(dst + WHOLE + i, v128.load(src + SCALES + i, 48), 48);
    }
  }
}

/**
 * One group of 16 rows of each stream, `apart` bytes from each other and read in turn, times one token without unpacking, the
 * same bits as whole32.ts: added to out, outApart bytes from each other. The float sums stay in out: fewer live vectors, and
 * so no spills.
 */
export function dot_q8_0(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, out: usize, outApart: usize): void {
  const one = <i32>(blocks > 0);
  const end = out + <usize>streams * outApart;
  for (; blocks > 0; blocks--, group += BLOCK_Q8_0, q += FOURS_BLOCK) {
    let block = group, y = out;
    do {
      let a = v128.load32_splat(q + FOURS_START), b = a, c = a, d = a;
      let p = block + SCALES, x = q;
      const stop = p + 512;
      do {
        const eight = v128.load(x), u = splat0(eight), v = splat1(eight), s = splat2(eight);
        a = add_whole(a, v128.load(p), v128.load(p, 64), u, v, s);
        b = add_whole(b, v128.load(p, 16), v128.load(p, 80), u, v, s);
        c = add_whole(c, v128.load(p, 32), v128.load(p, 96), u, v, s);
        d = add_whole(d, v128.load(p, 48), v128.load(p, 112), u, v, s);
        p += 128;
        x += 16;
      } while (p < stop);
      const low = v128.load(block), high = v128.load(block, 16);
      add_scaled(y, a, b, c, d, even_scales(low, one), odd_scales(low, one), even_scales(high, one), odd_scales(high, one));
      block += apart;
      y += outApart;
    } while (y < end);
  }
}
