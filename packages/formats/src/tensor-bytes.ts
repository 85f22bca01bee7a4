import type { CheckpointTensor } from "./checkpoint.ts";

/** Bytes of all tensors together. */
export function totalBytes(tensors: Iterable<CheckpointTensor>): number {
  let bytes = 0;
  for (const { byteLength } of tensors) bytes += byteLength;
  return bytes;
}
