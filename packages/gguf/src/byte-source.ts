import { GgufTruncatedError } from "./errors.ts";

/**
 * Random access to the bytes of one file.
 * `readInto` fills all of `dst` from byte `offset` on, or throws (GgufTruncatedError past the end).
 */
export interface ByteSource {
  readonly size: number;
  readInto(dst: Uint8Array, offset: number): void | Promise<void>;
}

/** Throws GgufTruncatedError unless `length` bytes at `offset` lie within `size`. */
export function checkRange(offset: number, length: number, size: number): void {
  if (offset < 0 || offset + length > size) throw new GgufTruncatedError(offset, length, size, "a read");
}
