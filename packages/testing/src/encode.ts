import { GGML_TYPES, type GgmlTypeName, isQuantizable, quantize } from "@realizar/gguf";
import type { Random } from "./random.ts";

/** A half of 2^-6, and where blocks of types that gguf has no quantizer for keep theirs: always first, but in IQ1_M. */
const HALF_SCALE = 0x2400;

/**
 * Bytes of a type that stand for about `floats`; for types without a quantizer, random blocks of a small scale.
 * The last dimension is a multiple of the type's block length.
 */
export function encode(
  type: GgmlTypeName,
  floats: Float32Array,
  columns: number,
  random: Random,
): Uint8Array {
  if (isQuantizable(type)) return quantize(type, floats, columns);
  const { blockLength, blockBytes } = GGML_TYPES[type];
  const bytes = Uint8Array.from({ length: (floats.length / blockLength) * blockBytes }, () => random() * 256);
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < bytes.length; block += blockBytes) {
    if (type === "IQ1_M") setSpreadScale(view, block + 48, HALF_SCALE);
    else view.setUint16(block, HALF_SCALE, true);
  }
  return bytes;
}

/** IQ1_M keeps its half in the high nibbles of four 16-bit words (ggml-common.h, iq1m_scale_t). */
function setSpreadScale(view: DataView, at: number, half: number): void {
  for (let i = 0; i < 4; i++) {
    const word = view.getUint16(at + 2 * i, true);
    view.setUint16(at + 2 * i, (word & 0x0fff) | (((half >> (4 * i)) & 15) << 12), true);
  }
}
