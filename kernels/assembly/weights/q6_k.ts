/**
 * Q6_K: blocks of 256 columns, 210 bytes a row in a file (ggml-common.h, block_q6_K):
 *
 *   | low nibbles: 128 B | high pairs: 64 B | 16 scales: i8 | d: f16 |          w = d scale (n - 32)
 *
 * Each half of 128 columns has 64 + 32 bytes: column l + 32 k (l < 32, k < 4) takes nibble k >> 1 of byte
 * l + 32 (k & 1), and pair k of byte l. Packed, 16 rows together, 3360 bytes a block:
 *
 *   | d of row 0 .. 15: f16 | scale of row 0 .. 15: i8, sixteen times |
 *   | half, v, j = 0 .. 7: bytes of rows 4v .. 4v+3, low ones 4j .. 4j+3, low ones 32 + 4j .. , high ones 4j .. : 48 B | ...
 */
import { dot_pairs_i8_u7 } from "../simd/dot";
import { load_f16x4 } from "../simd/half";
import { add_exact, CODES256, RECORD, SCALES256, spread_scales, SUMS } from "./bytes256";
import { ahead_of, interleave_halves, SCALES, touch, widen_scales } from "./group";

const FILE_BLOCK: usize = 210;
export const BLOCK_Q6_K: usize = 3360;
const BITS: usize = 288;

export function pack_q6_k(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_Q6_K, src += FILE_BLOCK) {
    interleave_halves(src + 208, stride, rows, 2, dst);
    for (let r: usize = 0; r < 16; r++) {
      const from = src + r * stride + 192;
      for (let s: usize = 0; s < 16; s++) store<u8>(dst + SCALES + (s << 4) + r, <i32>r < rows ? load<u8>(from + s) : 0);
    }
    for (let r: usize = 0; r < 16; r++) {
      let from = src + r * stride;
      let to = dst + BITS + (r >> 2) * 384 + ((r & 3) << 2);
      for (let half = 0; half < 2; half++, from += 64, to += 1536) {
        const high = src + r * stride + 128 + (<usize>half << 5);
        for (let j: usize = 0; j < 8; j++) {
          const at = to + j * 48;
          store<u32>(at, <i32>r < rows ? load<u32>(from + (j << 2)) : 0);
          store<u32>(at, <i32>r < rows ? load<u32>(from + (j << 2), 32) : 0, 16);
          store<u32>(at, <i32>r < rows ? load<u32>(high + (j << 2)) : 0, 32);
        }
      }
    }
  }
}

export function unpack_q6_k(src: usize, dst: usize): void {
  widen_scales(src, dst);
  for (let s: usize = 0; s < 16; s++) spread_scales(v128.load(src + SCALES + (s << 4)), dst + SCALES256 + (s << 6));
  const mask = i8x16.splat(15), pair = i8x16.splat(48);
  let p = src + BITS;
  let half = dst + CODES256;
  for (const stop = half + 4096; half < stop; half += 2048) {
    for (let v: usize = 0; v < 64; v += 16) {
      let to = half + v;
      for (const end = p + 384; p < end; p += 48, to += 64) {
        const x = v128.load(p), y = v128.load(p, 16), h = v128.load(p, 32);
        v128.store(to, v128.or(v128.and(x, mask), v128.and(i16x8.shl(h, 4), pair)));
        v128.store(to, v128.or(v128.and(y, mask), v128.and(i16x8.shl(h, 2), pair)), 512);
        v128.store(to, v128.or(v128.and(i16x8.shr_u(x, 4), mask), v128.and(h, pair)), 1024);
        v128.store(to, v128.or(v128.and(i16x8.shr_u(y, 4), mask), v128.and(i16x8.shr_u(h, 2), pair)), 1536);
      }
    }
  }
}

/**
 * 16 rows times one token without unpacking, the same bits as bytes256.ts: added to out. work: 1152 bytes.
 * Weights are read in order and at the pace of the products, which keeps memory busy.
 */
export function dot_q6_k(group: usize, blocks: i32, q: usize, record: usize, out: usize, work: usize): void {
  const scales = work + 64;
  const ahead = ahead_of(group + <usize>blocks * BLOCK_Q6_K);
  for (; blocks > 0; blocks--, record += RECORD, q += 256) {
    for (let s: usize = 0; s < 16; s++) spread_scales(v128.load(group + SCALES + (s << 4)), scales + (s << 6));
    let p = group + BITS;
    for (let v: usize = 0; v < 64; v += 16, p += 384) v128.store(work + v, quarter(p, ahead, q, record + SUMS, scales + v, work + 1088));
    for (let v: usize = 0; v < 64; v += 16, p += 384) {
      const sum = i32x4.add(v128.load(work + v), quarter(p, ahead, q + 128, record + SUMS + 32, scales + 512 + v, work + 1088));
      add_exact(out + v, sum, load_f16x4(group + (v >> 1)), v128.load32_splat(record));
    }
    group = p;
  }
}

/** Four rows times 128 columns: the exact sum. */
// @ts-ignore: decorator
@inline
function quarter(p: usize, ahead: usize, q: usize, sums: usize, scales: usize, sink: usize): v128 {
  const mask = i8x16.splat(15), pair = i8x16.splat(48), less = i16x8.splat(-32);
  let isum = i32x4.splat(0);
  for (const stop = p + 384; p < stop; sums += 4, scales += 64) {
    touch(p + ahead, sink);
    let a = i16x8.mul(v128.load32_splat(sums), less);
    let b = i16x8.mul(v128.load32_splat(sums, 8), less);
    let c = i16x8.mul(v128.load32_splat(sums, 16), less);
    let d = i16x8.mul(v128.load32_splat(sums, 24), less);
    for (const end = p + 192; p < end; p += 48, q += 4) {
      const x = v128.load(p), y = v128.load(p, 16), h = v128.load(p, 32);
      a = i16x8.add(a, dot_pairs_i8_u7(v128.load32_splat(q), v128.or(v128.and(x, mask), v128.and(i16x8.shl(h, 4), pair))));
      b = i16x8.add(b, dot_pairs_i8_u7(v128.load32_splat(q, 32), v128.or(v128.and(y, mask), v128.and(i16x8.shl(h, 2), pair))));
      c = i16x8.add(c, dot_pairs_i8_u7(v128.load32_splat(q, 64), v128.or(v128.and(i16x8.shr_u(x, 4), mask), v128.and(h, pair))));
      d = i16x8.add(d, dot_pairs_i8_u7(v128.load32_splat(q, 96), v128.or(v128.and(i16x8.shr_u(y, 4), mask), v128.and(i16x8.shr_u(h, 2), pair))));
    }
    isum = i32x4.add(isum, i32x4.dot_i16x8_s(a, v128.load(scales)));
    isum = i32x4.add(isum, i32x4.dot_i16x8_s(b, v128.load(scales, 128)));
    isum = i32x4.add(isum, i32x4.dot_i16x8_s(c, v128.load(scales, 256)));
    isum = i32x4.add(isum, i32x4.dot_i16x8_s(d, v128.load(scales, 384)));
  }
  return isum;
}
