/** A growing little-endian buffer. */
export class HeaderWriter {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  readonly #utf8 = new TextEncoder();

  /** Everything written so far, then zeros up to `length` bytes. */
  finish(length = this.#length): Uint8Array<ArrayBuffer> {
    this.#reserve(length - this.#length);
    return this.#bytes.slice(0, length);
  }
  get length(): number {
    return this.#length;
  }
  raw(bytes: Uint8Array): void {
    const at = this.#advance(bytes.byteLength);
    this.#bytes.set(bytes, at);
  }
  uint8(value: number): void {
    const at = this.#advance(1);
    this.#view.setUint8(at, value);
  }
  uint16(value: number): void {
    const at = this.#advance(2);
    this.#view.setUint16(at, value, true);
  }
  uint32(value: number): void {
    const at = this.#advance(4);
    this.#view.setUint32(at, value, true);
  }
  uint64(value: bigint): void {
    const at = this.#advance(8);
    this.#view.setBigUint64(at, value, true);
  }
  float32(value: number): void {
    const at = this.#advance(4);
    this.#view.setFloat32(at, value, true);
  }
  float64(value: number): void {
    const at = this.#advance(8);
    this.#view.setFloat64(at, value, true);
  }
  /** uint64 length and UTF-8 bytes. */
  string(value: string): void {
    const bytes = this.#utf8.encode(value);
    this.uint64(BigInt(bytes.byteLength));
    this.raw(bytes);
  }

  #advance(length: number): number {
    this.#reserve(length);
    const at = this.#length;
    this.#length += length;
    return at;
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#bytes.byteLength) return;
    const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.byteLength));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
