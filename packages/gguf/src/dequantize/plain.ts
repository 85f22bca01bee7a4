import { bf16ToF32, f16ToF32 } from "../half.ts";
import type { BlockDecoder } from "./block-decoder.ts";

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const dequantizeF32: BlockDecoder = (src, out, blocks) => {
  new Uint8Array(out.buffer, out.byteOffset, blocks * 4).set(src.subarray(0, blocks * 4));
};

export const dequantizeF16: BlockDecoder = (src, out, blocks) => {
  for (let i = 0; i < blocks; i++) out[i] = f16ToF32(src[2 * i]! | (src[2 * i + 1]! << 8));
};

export const dequantizeBf16: BlockDecoder = (src, out, blocks) => {
  for (let i = 0; i < blocks; i++) out[i] = bf16ToF32(src[2 * i]! | (src[2 * i + 1]! << 8));
};

export const dequantizeF64: BlockDecoder = (src, out, blocks) => {
  const view = viewOf(src);
  for (let i = 0; i < blocks; i++) out[i] = view.getFloat64(8 * i, true);
};

export const dequantizeI8: BlockDecoder = (src, out, blocks) => {
  for (let i = 0; i < blocks; i++) out[i] = (src[i]! << 24) >> 24;
};

export const dequantizeI16: BlockDecoder = (src, out, blocks) => {
  const view = viewOf(src);
  for (let i = 0; i < blocks; i++) out[i] = view.getInt16(2 * i, true);
};

export const dequantizeI32: BlockDecoder = (src, out, blocks) => {
  const view = viewOf(src);
  for (let i = 0; i < blocks; i++) out[i] = view.getInt32(4 * i, true);
};

export const dequantizeI64: BlockDecoder = (src, out, blocks) => {
  const view = viewOf(src);
  for (let i = 0; i < blocks; i++) out[i] = Number(view.getBigInt64(8 * i, true));
};
