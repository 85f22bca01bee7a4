import { type ByteSource, checkRange } from "../byte-source.ts";
import { GgufTruncatedError } from "../errors.ts";

/** A Blob or File: a browser's file input, `Bun.file(path)`, or `fs.openAsBlob(path)` of Node. */
export function fromBlob(blob: Blob): ByteSource {
  const size = blob.size;
  return {
    size,
    async readInto(dst, offset) {
      checkRange(offset, dst.byteLength, size);
      const bytes = new Uint8Array(await blob.slice(offset, offset + dst.byteLength).arrayBuffer());
      if (bytes.byteLength !== dst.byteLength) {
        throw new GgufTruncatedError(offset, dst.byteLength, offset + bytes.byteLength, "a read");
      }
      dst.set(bytes);
    },
  };
}
