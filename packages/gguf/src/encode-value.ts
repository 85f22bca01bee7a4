import { GgufMetadataError } from "./errors.ts";
import { MAX_ARRAY_DEPTH } from "./limits.ts";
import { type GgufArray, type GgufScalar, type GgufValue, SCALAR_BYTES, VALUE_TYPES } from "./values.ts";

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

/** Least and greatest value of each integer type. */
const RANGES = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
  int16: [-32_768, 32_767],
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint64: [0n, 2n ** 64n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

type IntegerType = keyof typeof RANGES;

/** Writes uint32 type and value. @throws GgufMetadataError where a value does not fit its type */
export function encodeValue(writer: HeaderWriter, key: string, value: GgufValue): void {
  writer.uint32(VALUE_TYPES.indexOf(value.type));
  if (value.type === "array") encodeArray(writer, key, value, 1);
  else encodeScalar(writer, key, value);
}

function encodeScalar(writer: HeaderWriter, key: string, scalar: GgufScalar): void {
  if (scalar.type === "string") return writer.string(scalar.value);
  if (scalar.type === "bool") return writer.uint8(scalar.value ? 1 : 0);
  if (scalar.type === "float32") return writer.float32(scalar.value);
  if (scalar.type === "float64") return writer.float64(scalar.value);
  checkRange(key, scalar.type, scalar.value);
  if (typeof scalar.value === "bigint") return writer.uint64(BigInt.asUintN(64, scalar.value));
  const width = SCALAR_BYTES[scalar.type];
  if (width === 1) writer.uint8(scalar.value);
  else if (width === 2) writer.uint16(scalar.value);
  else writer.uint32(scalar.value);
}

/** uint32 element type, uint64 count, elements. */
function encodeArray(writer: HeaderWriter, key: string, array: GgufArray, depth: number): void {
  if (depth > MAX_ARRAY_DEPTH) {
    throw new GgufMetadataError(key, `arrays are nested more than ${MAX_ARRAY_DEPTH} deep`);
  }
  writer.uint32(VALUE_TYPES.indexOf(array.elementType));
  writer.uint64(BigInt(array.value.length));
  if (array.elementType === "string") for (const text of array.value) writer.string(text);
  else if (array.elementType === "bool") for (const flag of array.value) writer.uint8(flag ? 1 : 0);
  else if (array.elementType === "array")
    for (const inner of array.value) encodeArray(writer, key, inner, depth + 1);
  else writer.raw(new Uint8Array(array.value.buffer, array.value.byteOffset, array.value.byteLength));
}

function checkRange(key: string, type: IntegerType, value: number | bigint): void {
  const [least, greatest]: readonly [number | bigint, number | bigint] = RANGES[type];
  if (typeof value === "number" && !Number.isInteger(value)) {
    throw new GgufMetadataError(key, `${value} is not an integer, as ${type} must be`);
  }
  if (value < least || value > greatest) {
    throw new GgufMetadataError(key, `${value} does not fit ${type} (${least} to ${greatest})`);
  }
}
