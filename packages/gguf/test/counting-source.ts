import type { ByteSource } from "../src/index.ts";

/** A source over bytes that records what is read: the last byte's end, the number of reads, and the bytes. */
export function countingSource(
  bytes: Uint8Array,
): ByteSource & { end: number; reads: number; total: number } {
  return {
    size: bytes.byteLength,
    end: 0,
    reads: 0,
    total: 0,
    readInto(dst, offset) {
      if (offset + dst.byteLength > bytes.byteLength) throw new Error("read past the end");
      this.reads++;
      this.total += dst.byteLength;
      this.end = Math.max(this.end, offset + dst.byteLength);
      dst.set(bytes.subarray(offset, offset + dst.byteLength));
    },
  };
}
