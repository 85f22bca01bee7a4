import { GgufLengthError } from "../errors.ts";
import { GGML_TYPES, type GgmlTypeName } from "../ggml-types.ts";
import { BLOCK_DECODERS } from "./table.ts";

/**
 * The elements of whole blocks as float32, in order.
 *
 * @param bytes a whole number of blocks; need not be aligned
 * @param out where they go, of exactly as many elements; allocated where absent
 * @throws GgufLengthError where a length does not fit
 */
export function dequantize(type: GgmlTypeName, bytes: Uint8Array, out?: Float32Array): Float32Array {
  const { blockLength, blockBytes } = GGML_TYPES[type];
  const blocks = bytes.byteLength / blockBytes;
  if (!Number.isInteger(blocks)) {
    throw new GgufLengthError(`${type} bytes`, `a multiple of ${blockBytes}`, bytes.byteLength);
  }
  const floats = out ?? new Float32Array(blocks * blockLength);
  if (floats.length !== blocks * blockLength) {
    throw new GgufLengthError(`output of ${type}`, `${blocks * blockLength} elements`, floats.length);
  }
  BLOCK_DECODERS[type](bytes, floats, blocks);
  return floats;
}
