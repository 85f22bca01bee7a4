import type { ByteSource } from "../checkpoint.ts";
import { checkRange } from "./range.ts";

/** Bytes one read of a Blob takes at most, so that reading a large tensor never holds it twice. */
const PIECE_BYTES = 16 * 1024 * 1024;

/** A Blob or File, as of a browser's file picker. */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    async readInto(dst, offset) {
      checkRange("blob", offset, dst.byteLength, blob.size);
      for (let at = 0; at < dst.byteLength; at += PIECE_BYTES) {
        const end = Math.min(at + PIECE_BYTES, dst.byteLength);
        dst.set(new Uint8Array(await blob.slice(offset + at, offset + end).arrayBuffer()), at);
      }
    },
  };
}
