import { bf16FromF32Bits, f16FromF32Bits } from "../half.ts";
import type { BlockEncoder } from "./block-encoder.ts";

const bitsOf = (src: Float32Array): Uint32Array => new Uint32Array(src.buffer, src.byteOffset, src.length);

export const quantizeF32: BlockEncoder = (src, dst, blocks) => {
  dst.set(new Uint8Array(src.buffer, src.byteOffset, blocks * 4));
};

export const quantizeF16: BlockEncoder = (src, dst, blocks) => {
  const bits = bitsOf(src);
  for (let i = 0; i < blocks; i++) {
    const half = f16FromF32Bits(bits[i]!);
    dst[2 * i] = half;
    dst[2 * i + 1] = half >> 8;
  }
};

export const quantizeBf16: BlockEncoder = (src, dst, blocks) => {
  const bits = bitsOf(src);
  for (let i = 0; i < blocks; i++) {
    const half = bf16FromF32Bits(bits[i]!);
    dst[2 * i] = half;
    dst[2 * i + 1] = half >> 8;
  }
};
