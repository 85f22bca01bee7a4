/**
 * Q4_0: blocks of 32 columns, 18 bytes a row in a file (ggml-common.h, block_q4_0):
 *
 *   | d: f16 | n[0] .. n[15]: low nibble column i, high nibble column i + 16 |          w = d (q - 8)
 *
 * Packed, 16 rows together, 288 bytes a block; j = 0 .. 3, v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f16 | j, v: bytes 4j .. 4j+3 of rows 4v .. 4v+3: 16 B | ...
 *
 * The activation is 8-bit with one f32 scale and one sum a block (ops/quantize.ts, q8_32).
 * A pair of products is at most 2 x 15 x 127, eight of them fit 16 bits, so a block is summed in 16-bit lanes.
 */
import { dot_pairs_i8_u7 } from "../simd/dot";
import { load_f16x4 } from "../simd/half";
import { add_scaled, clear16, GROUP, SCALES } from "./group";

const FILE_BLOCK: usize = 18;
const BLOCK: usize = 288;

// @ts-ignore: decorator
@inline
export function group_bytes_q4_0(columns: i32): usize {
  return <usize>(columns >> 5) * BLOCK;
}

export function pack_q4_0(src: usize, dst: usize, rows: i32, columns: i32): void {
  const blocks = columns >> 5;
  const rowBytes = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK, src += FILE_BLOCK) {
    for (let r = 0; r < GROUP; r++) {
      const from = src + <usize>r * rowBytes;
      const to = dst + SCALES + (<usize>r << 2);
      if (r < rows) {
        store<u16>(dst + (<usize>r << 1), load<u16>(from));
        for (let j: usize = 0; j < 4; j++) store<u32>(to + (j << 6), load<u32>(from + 2 + (j << 2)));
      } else {
        store<u16>(dst + (<usize>r << 1), 0);
        for (let j: usize = 0; j < 4; j++) store<u32>(to + (j << 6), 0x88888888);
      }
    }
  }
}

export function row_q4_0(group: usize, r: i32, columns: i32, out: usize): void {
  const blocks = columns >> 5;
  const lane = r & 3;
  for (let b = 0; b < blocks; b++, group += BLOCK, out += 128) {
    const four = load_f16x4(group + (<usize>(r >> 2) << 3));
    const d = lane == 0 ? f32x4.extract_lane(four, 0) : lane == 1 ? f32x4.extract_lane(four, 1) : lane == 2 ? f32x4.extract_lane(four, 2) : f32x4.extract_lane(four, 3);
    for (let i: usize = 0; i < 16; i++) {
      const n = <i32>load<u8>(group + SCALES + ((i >> 2) << 6) + (<usize>r << 2) + (i & 3));
      store<f32>(out + (i << 2), d * <f32>((n & 15) - 8));
      store<f32>(out + (i << 2) + 64, d * <f32>((n >> 4) - 8));
    }
  }
}

/** Sum of one block for four rows: 32 columns of nibbles at w (64 bytes between j) times the activation bytes at q. */
// @ts-ignore: decorator
@inline
function block_sum(w: usize, q: usize): v128 {
  const mask = i8x16.splat(15);
  let sum = i16x8.splat(0);
  for (let j: usize = 0; j < 4; j++) {
    const x = v128.load(w + (j << 6));
    sum = i16x8.add(sum, dot_pairs_i8_u7(v128.load32_splat(q + (j << 2)), v128.and(x, mask)));
    sum = i16x8.add(sum, dot_pairs_i8_u7(v128.load32_splat(q + (j << 2), 16), i8x16.shr_u(x, 4)));
  }
  return i32x4.extadd_pairwise_i16x8_s(sum);
}

/** 16 rows times one token: q[columns] 8-bit with scales and sums [columns / 32] -> out[16]. */
export function dot_q4_0(group: usize, q: usize, scales: usize, sums: usize, columns: i32, out: usize): void {
  clear16(out);
  const end = group + group_bytes_q4_0(columns);
  for (; group < end; group += BLOCK, q += 32, scales += 4, sums += 4) {
    const w = group + SCALES;
    const t = v128.load32_splat(scales);
    const offset = i32x4.shl(v128.load32_splat(sums), 3);
    add_scaled(out, i32x4.sub(block_sum(w, q), offset), group, t);
    add_scaled(out + 16, i32x4.sub(block_sum(w + 16, q), offset), group + 8, t);
    add_scaled(out + 32, i32x4.sub(block_sum(w + 32, q), offset), group + 16, t);
    add_scaled(out + 48, i32x4.sub(block_sum(w + 48, q), offset), group + 24, t);
  }
}
