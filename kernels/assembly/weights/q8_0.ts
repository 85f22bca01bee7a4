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
import { add_scaled, even_scales, interleave_scales, interleave_words, odd_scales, SCALES, store16, widen_scales, WORDS } from "./group";
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

/** One token times one group of each stream (table.ts) without unpacking, the same bits as whole32.ts, 16 columns a turn. work: WORDS bytes a stream. */
export function dot_q8_0(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, out: usize, outApart: usize, work: usize): void {
  const one = <i32>(blocks > 0), last = work + <usize>streams * WORDS;
  for (; blocks > 0; blocks--, group += BLOCK_Q8_0, q += FOURS_BLOCK) {
    const start = v128.load32_splat(q + FOURS_START);
    let block = group, w = work, y = out;
    do {
      dot_half(block + SCALES, q, start, start, start, start, w);
      block += apart;
      w += WORDS;
    } while (w < last);
    block = group;
    w = work;
    do {
      dot_half(block + SCALES + 256, q + 32, v128.load(w), v128.load(w, 16), v128.load(w, 32), v128.load(w, 48), w);
      const low = v128.load(block), high = v128.load(block, 16);
      add_scaled(
        y, v128.load(w), v128.load(w, 16), v128.load(w, 32), v128.load(w, 48),
        even_scales(low, one), odd_scales(low, one), even_scales(high, one), odd_scales(high, one),
      );
      block += apart;
      y += outApart;
      w += WORDS;
    } while (w < last);
  }
}

/** 16 columns of 16 rows, added to the sums a .. d: to work[16]. */
// @ts-ignore: decorator
@inline
function dot_half(p: usize, q: usize, a: v128, b: v128, c: v128, d: v128, work: usize): void {
  const end = p + 256;
  do {
    const eight = v128.load(q), u = splat0(eight), v = splat1(eight), s = splat2(eight);
    a = add_whole(a, v128.load(p), v128.load(p, 64), u, v, s);
    b = add_whole(b, v128.load(p, 16), v128.load(p, 80), u, v, s);
    c = add_whole(c, v128.load(p, 32), v128.load(p, 96), u, v, s);
    d = add_whole(d, v128.load(p, 48), v128.load(p, 112), u, v, s);
    p += 128;
    q += 16;
  } while (p < end);
  store16(work, a, b, c, d);
}
