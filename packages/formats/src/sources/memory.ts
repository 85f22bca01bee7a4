import type { ByteSource } from "../checkpoint.ts";
import { checkRange } from "./range.ts";

/** Bytes in memory; reads copy. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.byteLength,
    readInto(dst, offset) {
      checkRange("bytes in memory", offset, dst.byteLength, bytes.byteLength);
      dst.set(bytes.subarray(offset, offset + dst.byteLength));
    },
  };
}
