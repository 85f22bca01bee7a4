/**
 * MXFP4: blocks of 32 columns, 17 bytes a row in a file (ggml-common.h, block_mxfp4; OCP Microscaling Formats 1.0):
 *
 *   | e: E8M0 | nibbles as in Q4_0, each an E2M1 float: 16 B |          w = 2^(e - 128) level(n)
 *
 * with the levels doubled to be integers, -12 .. 12. Packed, 16 rows together, 272 bytes a block:
 *
 *   | e of row 0 .. 15 | nibbles as in Q4_0: 256 B |
 *
 * Unpacked codes are level + 12.
 */
import { BLOCK32, CODES32 } from "./bytes32";
import { interleave_words } from "./group";

const FILE_BLOCK: usize = 17;
export const BLOCK_MXFP4: usize = 272;

export function pack_mxfp4(src: usize, dst: usize, rows: i32, blocks: i32): void {
  const stride = <usize>blocks * FILE_BLOCK;
  for (let b = 0; b < blocks; b++, dst += BLOCK_MXFP4, src += FILE_BLOCK) {
    for (let r = 0; r < 16; r++) store<u8>(dst + <usize>r, r < rows ? load<u8>(src + <usize>r * stride) : 0);
    interleave_words(src + 1, stride, rows, 16, dst + 16, 0);
  }
}

/** 2^(e - 128), of which the smallest two are subnormal. */
// @ts-ignore: decorator
@inline
function half_of_e8m0(e: i32): f32 {
  return reinterpret<f32>(e > 1 ? (e - 1) << 23 : 0x00200000 << e);
}

export function unpack_mxfp4(src: usize, dst: usize, blocks: i32): void {
  const mask = i8x16.splat(15);
  // Levels 0 1 2 3 4 6 8 12 0 -1 -2 -3 -4 -6 -8 -12, plus 12.
  const codes = i8x16(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0);
  for (; blocks > 0; blocks--, dst += BLOCK32) {
    for (let r: usize = 0; r < 16; r++) store<f32>(dst + (r << 2), half_of_e8m0(<i32>load<u8>(src + r)));
    let to = dst + CODES32;
    const end = src + BLOCK_MXFP4;
    for (src += 16; src < end; src += 16, to += 16) {
      const x = v128.load(src);
      v128.store(to, i8x16.swizzle(codes, v128.and(x, mask)));
      v128.store(to, i8x16.swizzle(codes, i8x16.shr_u(x, 4)), 256);
    }
  }
}
