/**
 * Q6_K: blocks of 256 columns, 210 bytes a row in a file (ggml-common.h, block_q6_K):
 *
 *   | low nibbles: 128 B | high pairs: 64 B | 16 scales: i8 | d: f16 |          w = d scale (n - 32)
 *
 * Each half of 128 columns has 64 + 32 bytes: column l + 32 k (l < 32, k < 4) takes nibble k >> 1 of byte
 * l + 32 (k & 1), and pair k of byte l. Packed, 16 rows together, 3360 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | scale of row 0 .. 15: i8, sixteen times |
 *   | half, plane = 0 .. 2, j = 0 .. 7: bytes of columns 4j .. 4j+3 of row 0 .. 15: 64 B | ...
 *
 * A plane's byte for column l holds the code of column l + 32 plane in its low six bits, and above it bits 2 plane and
 * 2 plane + 1 of column l + 96's code: three codes of four take one instruction.
 */
import { add_dot } from "../simd/dot";
import { down_2, splat0, splat1 } from "../simd/lanes";
import { add_exact, CODES256, RECORD256, SCALES256, spread_scales, SUMS } from "./bytes256";
import { clear16, interleave_scales, interleave_words, SCALES, scales_of, widen_scales, WORDS } from "./group";
import { add_run, run_masked, start_of } from "./planes";

const FILE_BLOCK: usize = 210;
export const BLOCK_Q6_K: usize = 3360;
const BITS: usize = 288;
/** Bytes of a plane: 32 columns. */
const PLANE: usize = 512;

export function pack_q6_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q6_K, src += FILE_BLOCK) {
    interleave_scales(src + 208, stride, rows, 2, dst);
    for (let r: usize = 0; r < 16; r++) {
      const from = src + r * stride + 192;
      for (let s: usize = 0; s < 16; s++) store<u8>(dst + SCALES + (s << 4) + r, <i32>r < rows ? load<u8>(from + s) : 0);
    }
    let to = dst + BITS;
    for (let half: usize = 0; half < 2; half++, to += 3 * PLANE) {
      interleave_words(src + (half << 6), stride, rows, 16, 64, to, 0);
      interleave_words(src + 128 + (half << 5), stride, rows, 16, 32, to + 2 * PLANE, 0);
      gather_codes(to);
    }
  }
}

/** Two planes of low nibbles and one of high pairs to codes as they lie packed. */
function gather_codes(p: usize): void {
  const nibble = i8x16.splat(15), pair = i8x16.splat(48);
  for (const end = p + PLANE; p < end; p += 16) {
    const x = v128.load(p), y = v128.load(p, PLANE), h = v128.load(p, 2 * PLANE);
    const last = v128.or(v128.and(i16x8.shr_u(y, 4), nibble), v128.and(i16x8.shr_u(h, 2), pair));
    v128.store(p, v128.or(v128.or(v128.and(x, nibble), v128.and(i16x8.shl(h, 4), pair)), i16x8.shl(v128.and(last, i8x16.splat(3)), 6)));
    v128.store(p, v128.or(v128.or(v128.and(y, nibble), v128.and(i16x8.shl(h, 2), pair)), i16x8.shl(v128.and(last, i8x16.splat(12)), 4)), PLANE);
    v128.store(p, v128.or(v128.or(v128.and(i16x8.shr_u(x, 4), nibble), v128.and(h, pair)), i16x8.shl(v128.and(last, pair), 2)), 2 * PLANE);
  }
}

/** The code of the fourth column, from what is above the codes of the first three. */
// @ts-ignore: decorator
@inline
function fourth(x: v128, y: v128, z: v128): v128 {
  const mask = i8x16.splat(-64);
  return down_2(v128.or(down_2(v128.or(down_2(v128.and(x, mask)), v128.and(y, mask))), v128.and(z, mask)));
}

export function unpack_q6_k(src: usize, dst: usize): void {
  const one = <i32>(src != 0);
  widen_scales(src, dst, one);
  for (let s: usize = 0; s < 16; s++) spread_scales(v128.load(src + SCALES + (s << 4)), dst + SCALES256 + (s << 6));
  const code = i8x16.splat(63);
  let to = dst + CODES256;
  for (let p = src + BITS; to < dst + CODES256 + 4096; to += 1536, p += 2 * PLANE) {
    for (const end = p + PLANE; p < end; p += 16, to += 16) {
      const x = v128.load(p), y = v128.load(p, PLANE), z = v128.load(p, 2 * PLANE);
      v128.store(to, v128.and(x, code));
      v128.store(to, v128.and(y, code), 512);
      v128.store(to, v128.and(z, code), 1024);
      v128.store(to, fourth(x, y, z), 1536);
    }
  }
}

/** One token times one group of each stream (table.ts) without unpacking, the same bits as bytes256.ts, a run of 16 columns a turn. work: WORDS bytes a stream. */
export function dot_q6_k(group: usize, streams: i32, apart: usize, blocks: i32, q: usize, record: usize, out: usize, outApart: usize, work: usize): void {
  const one = <i32>(blocks > 0), last = work + <usize>streams * WORDS;
  for (; blocks > 0; blocks--, group += BLOCK_Q6_K, q += 256, record += RECORD256) {
    for (let w = work; w < last; w += WORDS) clear16(w);
    for (let s: usize = 0; s < 16; s++) {
      // Run s & 1 of columns k of a half.
      const half = s >> 3, k = (s >> 1) & 3, run = BITS + half * (3 * PLANE) + ((s & 1) << 8);
      const x = q + (s << 4), start = start_of(record + SUMS + (s << 2), 32);
      for (let block = group, w = work; w < last; block += apart, w += WORDS) {
        const scales = v128.load(block + SCALES + (s << 4));
        if (k < 3) run_masked(block + run + k * PLANE, i8x16.splat(63), x, start, scales, w);
        else run_fourth(block + run, x, start, scales, w);
      }
    }
    let y = out;
    for (let block = group, w = work; w < last; block += apart, w += WORDS, y += outApart) {
      for (let v: usize = 0; v < 64; v += 16) add_exact(y + v, v128.load(w + v), scales_of(block, v, one), v128.load32_splat(record));
    }
  }
}

/** A run of the columns that have no plane of their own. */
function run_fourth(p: usize, q: usize, start: v128, scales: v128, work: usize): void {
  let a = start, b = start, c = start, d = start;
  for (const end = p + 256; p < end; p += 128, q += 8) {
    const two = v128.load64_splat(q);
    let x = splat0(two);
    a = add_dot(a, x, fourth(v128.load(p), v128.load(p, PLANE + 0), v128.load(p, 2 * PLANE + 0)));
    b = add_dot(b, x, fourth(v128.load(p, 16), v128.load(p, PLANE + 16), v128.load(p, 2 * PLANE + 16)));
    c = add_dot(c, x, fourth(v128.load(p, 32), v128.load(p, PLANE + 32), v128.load(p, 2 * PLANE + 32)));
    d = add_dot(d, x, fourth(v128.load(p, 48), v128.load(p, PLANE + 48), v128.load(p, 2 * PLANE + 48)));
    x = splat1(two);
    a = add_dot(a, x, fourth(v128.load(p, 64), v128.load(p, PLANE + 64), v128.load(p, 2 * PLANE + 64)));
    b = add_dot(b, x, fourth(v128.load(p, 80), v128.load(p, PLANE + 80), v128.load(p, 2 * PLANE + 80)));
    c = add_dot(c, x, fourth(v128.load(p, 96), v128.load(p, PLANE + 96), v128.load(p, 2 * PLANE + 96)));
    d = add_dot(d, x, fourth(v128.load(p, 112), v128.load(p, PLANE + 112), v128.load(p, 2 * PLANE + 112)));
  }
  add_run(work, a, b, c, d, scales);
}
