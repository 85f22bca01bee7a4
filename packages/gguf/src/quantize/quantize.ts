import { GgufLengthError, GgufUnsupportedTypeError } from "../errors.ts";
import { GGML_TYPES, type GgmlTypeName } from "../ggml-types.ts";
import { BLOCK_ENCODERS, isQuantizable } from "./table.ts";

/**
 * Rows of floats as blocks of `type`, by ggml's reference algorithms without an importance matrix.
 *
 * @param floats whole rows, one after another
 * @param rowLength elements of a row: a multiple of the type's block length
 * @throws GgufUnsupportedTypeError where the type has no encoder (see isQuantizable)
 * @throws GgufLengthError where a length does not fit
 */
export function quantize(type: GgmlTypeName, floats: Float32Array, rowLength: number): Uint8Array {
  if (!isQuantizable(type)) throw new GgufUnsupportedTypeError(type, "quantize to");
  const { blockLength, blockBytes } = GGML_TYPES[type];
  if (!(rowLength > 0) || rowLength % blockLength !== 0) {
    throw new GgufLengthError(`row of ${type}`, `a positive multiple of ${blockLength} elements`, rowLength);
  }
  if (floats.length % rowLength !== 0) {
    throw new GgufLengthError("floats", `whole rows of ${rowLength}`, floats.length);
  }
  const blocks = floats.length / blockLength;
  const bytes = new Uint8Array(blocks * blockBytes);
  BLOCK_ENCODERS[type](floats, bytes, blocks);
  return bytes;
}
