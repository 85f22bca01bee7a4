/**
 * Q8_0: blocks of 32 columns, 34 bytes a row in a file (ggml-common.h, block_q8_0):
 *
 *   | d: f16 | q[0] .. q[31]: i8 |          w = d q
 *
 * Packed, 16 rows together, 544 bytes a block; j = 0 .. 7, v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f16 | j, v: columns 4j, 4j+2, 4j+1, 4j+3 of rows 4v .. 4v+3: i8, 16 B | ...
 *
 * so that the bytes of even place, widened to 16 bits, are columns 4j and 4j+1, and those of odd place the next two.
 * Activations are s u - m (ops/quantize.ts, q7_32), which keeps the full range of a file's weights, -128 included.
 */
import { f32x4_from_usual_halves } from "../simd/half";
import { even_bytes, odd_bytes, splat0, splat1, splat2, splat3 } from "../simd/lanes";
import { add_scaled, evens_first, interleave_halves, interleave_words, SCALES, widen_scales } from "./group";
import { SIGNED, SIGNED_BLOCK, sum_signed } from "./signed32";
import { madd, WORDS, WORDS_BLOCK } from "./words32";

const FILE_BLOCK: usize = 34;
export const BLOCK_Q8_0: usize = 544;

export function pack_q8_0(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, src += FILE_BLOCK) {
    interleave_halves(src, stride, rows, 2, dst);
    dst += SCALES;
    interleave_words(src + 2, stride, rows, 16, 32, dst, 0);
    evens_first(dst, 512);
    dst += 512;
  }
}

export function unpack_q8_0(src: usize, dst: usize, blocks: i32): void {
  const one = <i32>(blocks > 0);
  const evens = i16x8.splat(<i16>one), odds = i16x8.splat(<i16>(one << 8));
  for (; blocks > 0; blocks--, dst += WORDS_BLOCK) {
    widen_scales(src, dst, one);
    let to = dst + WORDS;
    const end = src + BLOCK_Q8_0;
    for (src += SCALES; src < end; src += 64, to += 128) {
      let w = v128.load(src);
      v128.store(to, even_bytes(w, evens)); v128.store(to, odd_bytes(w, odds), 64); w = v128.load(src, 16);
      v128.store(to, even_bytes(w, evens), 16); v128.store(to, odd_bytes(w, odds), 80); w = v128.load(src, 32);
      v128.store(to, even_bytes(w, evens), 32); v128.store(to, odd_bytes(w, odds), 96); w = v128.load(src, 48);
      v128.store(to, even_bytes(w, evens), 48); v128.store(to, odd_bytes(w, odds), 112);
    }
  }
}

/** The same for signed32.ts. */
export function unpack_signed_q8_0(src: usize, dst: usize, blocks: i32): void {
  const one = <i32>(blocks > 0);
  for (; blocks > 0; blocks--, src += BLOCK_Q8_0, dst += SIGNED_BLOCK) {
    widen_scales(src, dst, one);
    for (let i: usize = 0; i < 512; i += 64) {
      v128.store(dst + SIGNED + i, v128.load(src + SCALES + i)); v128.store(dst + SIGNED + i, v128.load(src + SCALES + i, 16), 16);
      v128.store(dst + SIGNED + i, v128.load(src + SCALES + i, 32), 32); v128.store(dst + SIGNED + i, v128.load(src + SCALES + i, 48), 48);
    }
    sum_signed(dst, one);
  }
}

/**
 * One group of 16 rows of each stream, `apart` bytes from each other and read in turn, times one token without unpacking, the
 * same bits as words32.ts: added to out, outApart bytes from each other. The float sums stay in out: fewer live vectors, and
 * so no spills.
 */
export function dot_q8_0(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, scales: usize, out: usize, outApart: usize): void {
  const one = <i32>(blocks > 0);
  const evens = i16x8.splat(<i16>one), odds = i16x8.splat(<i16>(one << 8));
  const end = out + <usize>streams * outApart;
  for (; blocks > 0; blocks--, group += BLOCK_Q8_0, q += 64, scales += 4) {
    let block = group, y = out;
    do {
      let a = i32x4.splat(0), b = a, c = a, d = a;
      let p = block + SCALES, x8 = q;
      const stop = p + 512;
      do {
        const eight = v128.load(x8);
        let x = splat0(eight), z = splat1(eight), w = v128.load(p);
        a = madd(madd(a, x, even_bytes(w, evens)), z, odd_bytes(w, odds)); w = v128.load(p, 16);
        b = madd(madd(b, x, even_bytes(w, evens)), z, odd_bytes(w, odds)); w = v128.load(p, 32);
        c = madd(madd(c, x, even_bytes(w, evens)), z, odd_bytes(w, odds)); w = v128.load(p, 48);
        d = madd(madd(d, x, even_bytes(w, evens)), z, odd_bytes(w, odds)); w = v128.load(p, 64);
        x = splat2(eight); z = splat3(eight);
        a = madd(madd(a, x, even_bytes(w, evens)), z, odd_bytes(w, odds)); w = v128.load(p, 80);
        b = madd(madd(b, x, even_bytes(w, evens)), z, odd_bytes(w, odds)); w = v128.load(p, 96);
        c = madd(madd(c, x, even_bytes(w, evens)), z, odd_bytes(w, odds)); w = v128.load(p, 112);
        d = madd(madd(d, x, even_bytes(w, evens)), z, odd_bytes(w, odds));
        p += 128;
        x8 += 16;
      } while (p < stop);
      add_scaled(y, a, b, c, d, f32x4_from_usual_halves(v128.load_ext<u16>(block), one), f32x4_from_usual_halves(v128.load_ext<u16>(block, 8), one), f32x4_from_usual_halves(v128.load_ext<u16>(block, 16), one), f32x4_from_usual_halves(v128.load_ext<u16>(block, 24), one), v128.load32_splat(scales));
      block += apart;
      y += outApart;
    } while (y < end);
  }
}
