import { type ByteSource, checkRange } from "../byte-source.ts";

/** Bytes already in memory; nothing is copied until it is read. */
export function fromBytes(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.byteLength,
    readInto(dst, offset) {
      checkRange(offset, dst.byteLength, bytes.byteLength);
      dst.set(bytes.subarray(offset, offset + dst.byteLength));
    },
  };
}
