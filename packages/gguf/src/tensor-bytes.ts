import { GgufTensorError } from "./errors.ts";
import type { GgmlType } from "./ggml-types.ts";
import { MAX_DIMENSIONS } from "./limits.ts";

/** Bytes of a tensor. @throws GgufTensorError where the shape cannot be, or the size is no exact double */
export function tensorBytes(name: string, type: GgmlType, shape: readonly number[]): number {
  if (shape.length > MAX_DIMENSIONS) {
    throw new GgufTensorError(
      name,
      `it has ${shape.length} dimensions, at most ${MAX_DIMENSIONS} are allowed`,
    );
  }
  const rowLength = shape.at(-1) ?? 1;
  if (rowLength % type.blockLength !== 0) {
    throw new GgufTensorError(
      name,
      `its rows hold ${rowLength} elements, not a multiple of the block length ${type.blockLength} of ${type.name}`,
    );
  }
  // exact up to 2^53: block lengths are powers of two
  let bytes = type.blockBytes / type.blockLength;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) {
      throw new GgufTensorError(name, `dimension ${dimension} is not an integer from 0 to 2^53 - 1`);
    }
    bytes *= dimension;
  }
  if (bytes > Number.MAX_SAFE_INTEGER) throw new GgufTensorError(name, `shape [${shape}] is too large`);
  return bytes;
}
