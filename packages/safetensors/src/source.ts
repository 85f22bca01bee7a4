import { SafetensorsError } from "./errors.ts";

/** A place bytes come from. A read fills `dst` wholly, from byte `offset` of the source, or throws. */
export interface ByteSource {
  readonly size: number;
  readInto(dst: Uint8Array, offset: number): void | Promise<void>;
}

/** What can be opened: a Blob or File, bytes in memory, or any {@link ByteSource}. */
export type SourceLike = Blob | Uint8Array | ByteSource;

/** Any source as a {@link ByteSource}. */
export function toSource(source: SourceLike): ByteSource {
  if (source instanceof Uint8Array) return bytesSource(source);
  if (source instanceof Blob) return blobSource(source);
  return source;
}

function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.byteLength,
    readInto(dst, offset) {
      checkRange(dst.byteLength, offset, bytes.byteLength);
      dst.set(bytes.subarray(offset, offset + dst.byteLength));
    },
  };
}

function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    async readInto(dst, offset) {
      checkRange(dst.byteLength, offset, blob.size);
      dst.set(new Uint8Array(await blob.slice(offset, offset + dst.byteLength).arrayBuffer()));
    },
  };
}

/** Throws SAFETENSORS_READ_RANGE unless `length` bytes at `offset` lie within `size`. */
export function checkRange(length: number, offset: number, size: number): void {
  if (offset >= 0 && offset + length <= size) return;
  throw new SafetensorsError(
    "SAFETENSORS_READ_RANGE",
    `${length} bytes at ${offset} are outside of the ${size} there are`,
  );
}
