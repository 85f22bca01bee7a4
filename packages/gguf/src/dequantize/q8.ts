import { f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";

/** 32 elements, 34 bytes: f16 scale d; 32 int8; d * q. */
export const dequantizeQ8_0: BlockDecoder = (src, out, blocks) => decode(src, out, blocks, 34, 2);

/** 32 elements, 36 bytes: f16 scale d, f16 sum of the elements; 32 int8; d * q. */
export const dequantizeQ8_1: BlockDecoder = (src, out, blocks) => decode(src, out, blocks, 36, 4);

function decode(
  src: Uint8Array,
  out: Float32Array,
  blocks: number,
  blockBytes: number,
  header: number,
): void {
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += blockBytes, o += 32) {
    const d = f16ToF32(src[s]! | (src[s + 1]! << 8));
    for (let i = 0; i < 32; i++) out[o + i] = d * ((src[s + header + i]! << 24) >> 24);
  }
}

/** 256 elements, 292 bytes: float32 scale d; 256 int8; int16 sums of 16 elements each; d * q. */
export const dequantizeQ8_K: BlockDecoder = (src, out, blocks) => {
  const view = new DataView(src.buffer, src.byteOffset, src.byteLength);
  for (let b = 0, s = 0, o = 0; b < blocks; b++, s += 292, o += 256) {
    const d = view.getFloat32(s, true);
    for (let i = 0; i < 256; i++) out[o + i] = d * view.getInt8(s + 4 + i);
  }
};
