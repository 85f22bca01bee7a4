import type { ByteSource } from "./byte-source.ts";
import { GgufLimitError, GgufTruncatedError } from "./errors.ts";
import { MAX_HEADER_BYTES } from "./limits.ts";

/** Most bytes asked of the source at once. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * A forward reader over the header of a file. It reads ahead only bytes that are sure to belong to the header: every
 * count, once read, promises the least size of what it counts, and a read never goes beyond what is promised. So
 * tensor data is never touched, a false count is refused before anything is allocated for it, and the number of reads
 * grows with the logarithm of the header.
 */
export class HeaderCursor {
  readonly size: number;
  /** Header bytes sure to follow `position`. */
  promised = 0;
  readonly #source: ByteSource;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  /** Offset in the file of `#bytes[0]`. */
  #start = 0;
  #at = 0;
  #end = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.size = source.size;
  }

  /** Offset in the file of the next byte. */
  get position(): number {
    return this.#start + this.#at;
  }

  /** Whether `length` bytes can be taken without a read. */
  has(length: number): boolean {
    return this.#end - this.#at >= length;
  }

  /** Counts `length` more bytes as part of the header; throws unless the file can hold all that is promised. */
  promise(length: number, what: string): void {
    this.promised += length;
    const end = this.position + this.promised;
    if (end > this.size) throw new GgufTruncatedError(this.position, this.promised, this.size, what);
    if (end > MAX_HEADER_BYTES)
      throw new GgufLimitError("the header's length in bytes", end, MAX_HEADER_BYTES);
  }

  /** Reads until `length` bytes, already promised, can be taken. */
  async fill(length: number): Promise<void> {
    const kept = this.#end - this.#at;
    const total = Math.max(length, Math.min(this.promised, WINDOW_BYTES));
    const bytes = new Uint8Array(total);
    bytes.set(this.#bytes.subarray(this.#at, this.#end));
    this.#start += this.#at;
    await this.#source.readInto(bytes.subarray(kept), this.#start + kept);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#at = 0;
    this.#end = total;
  }

  /** The next `length` bytes; a view that the next `fill` leaves behind. */
  take(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }
  int8(): number {
    return this.#view.getInt8(this.#advance(1));
  }
  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }
  int16(): number {
    return this.#view.getInt16(this.#advance(2), true);
  }
  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }
  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }
  float32(): number {
    return this.#view.getFloat32(this.#advance(4), true);
  }
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }
  uint64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }
  int64(): bigint {
    return this.#view.getBigInt64(this.#advance(8), true);
  }
  /** An unsigned count of 4 or 8 bytes; beyond 2^53 it is rounded, which no file is long enough to satisfy. */
  count(bytes: 4 | 8): number {
    const at = this.#advance(bytes);
    const low = this.#view.getUint32(at, true);
    return bytes === 4 ? low : this.#view.getUint32(at + 4, true) * 0x1_0000_0000 + low;
  }

  #advance(length: number): number {
    const at = this.#at;
    this.#at = at + length;
    this.promised -= length;
    return at;
  }
}
