import { GgufMetadataError } from "./errors.ts";
import type { HeaderWriter } from "./header-writer.ts";
import { MAX_ARRAY_DEPTH } from "./limits.ts";
import { type GgufArray, type GgufScalar, type GgufValue, SCALAR_BYTES, VALUE_TYPES } from "./values.ts";

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
  if (scalar.type === "string") writer.string(scalar.value);
  else if (scalar.type === "bool") writer.uint8(scalar.value ? 1 : 0);
  else if (scalar.type === "float32") writer.float32(scalar.value);
  else if (scalar.type === "float64") writer.float64(scalar.value);
  else {
    checkRange(key, scalar.type, scalar.value);
    const width = SCALAR_BYTES[scalar.type];
    if (typeof scalar.value === "bigint") writer.uint64(BigInt.asUintN(64, scalar.value));
    else if (width === 1) writer.uint8(scalar.value);
    else if (width === 2) writer.uint16(scalar.value);
    else writer.uint32(scalar.value);
  }
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
