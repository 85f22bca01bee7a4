import { GgufLimitError, GgufMetadataError } from "./errors.ts";
import type { HeaderCursor } from "./header-cursor.ts";
import { MAX_ARRAY_DEPTH, MAX_NESTED_ARRAYS } from "./limits.ts";
import {
  type GgufArray,
  type GgufScalar,
  type GgufValue,
  type GgufValueType,
  minimumBytes,
  VALUE_TYPES,
} from "./values.ts";

/** What the values of one file share while they are read. */
export interface ValueContext {
  readonly cursor: HeaderCursor;
  readonly countBytes: 4 | 8;
  nestedArrays: number;
}

type FixedType = Exclude<GgufValueType, "string" | "array">;

const READ_SCALAR: Readonly<Record<FixedType, (cursor: HeaderCursor) => GgufScalar>> = {
  uint8: (cursor) => ({ type: "uint8", value: cursor.uint8() }),
  int8: (cursor) => ({ type: "int8", value: cursor.int8() }),
  uint16: (cursor) => ({ type: "uint16", value: cursor.uint16() }),
  int16: (cursor) => ({ type: "int16", value: cursor.int16() }),
  uint32: (cursor) => ({ type: "uint32", value: cursor.uint32() }),
  int32: (cursor) => ({ type: "int32", value: cursor.int32() }),
  float32: (cursor) => ({ type: "float32", value: cursor.float32() }),
  bool: (cursor) => ({ type: "bool", value: cursor.uint8() !== 0 }),
  uint64: (cursor) => ({ type: "uint64", value: cursor.uint64() }),
  int64: (cursor) => ({ type: "int64", value: cursor.int64() }),
  float64: (cursor) => ({ type: "float64", value: cursor.float64() }),
};

/** Arrays from a buffer of their own that holds exactly their elements, little-endian as the machine is. */
const FIXED_ARRAY: Readonly<Record<FixedType, (bytes: Uint8Array<ArrayBuffer>) => GgufArray>> = {
  uint8: (bytes) => ({ type: "array", elementType: "uint8", value: bytes }),
  int8: ({ buffer }) => ({ type: "array", elementType: "int8", value: new Int8Array(buffer) }),
  uint16: ({ buffer }) => ({ type: "array", elementType: "uint16", value: new Uint16Array(buffer) }),
  int16: ({ buffer }) => ({ type: "array", elementType: "int16", value: new Int16Array(buffer) }),
  uint32: ({ buffer }) => ({ type: "array", elementType: "uint32", value: new Uint32Array(buffer) }),
  int32: ({ buffer }) => ({ type: "array", elementType: "int32", value: new Int32Array(buffer) }),
  float32: ({ buffer }) => ({ type: "array", elementType: "float32", value: new Float32Array(buffer) }),
  bool: (bytes) => ({ type: "array", elementType: "bool", value: Array.from(bytes, (byte) => byte !== 0) }),
  uint64: ({ buffer }) => ({ type: "array", elementType: "uint64", value: new BigUint64Array(buffer) }),
  int64: ({ buffer }) => ({ type: "array", elementType: "int64", value: new BigInt64Array(buffer) }),
  float64: ({ buffer }) => ({ type: "array", elementType: "float64", value: new Float64Array(buffer) }),
};

/** Reads the uint32 type (whose 4 bytes are promised) and the value of metadata key `key`. */
export async function readValue(context: ValueContext, key: string): Promise<GgufValue> {
  const { cursor, countBytes } = context;
  const type = await readType(cursor, key);
  const least = minimumBytes(type, countBytes);
  cursor.promise(least, `metadata key ${JSON.stringify(key)}`);
  if (type === "array") return readArray(context, key, 1);
  if (!cursor.has(least)) await cursor.fill(least);
  if (type !== "string") return READ_SCALAR[type](cursor);
  const length = cursor.count(countBytes);
  cursor.promise(length, `metadata key ${JSON.stringify(key)}`);
  if (!cursor.has(length)) await cursor.fill(length);
  return { type, value: decoder().decode(cursor.take(length)) };
}

async function readType(cursor: HeaderCursor, key: string): Promise<GgufValueType> {
  if (!cursor.has(4)) await cursor.fill(4);
  const id = cursor.uint32();
  const type = VALUE_TYPES[id];
  if (!type) throw new GgufMetadataError(key, `value type ${id} is unknown`);
  return type;
}

/** uint32 element type, count, elements; the first two are promised. `depth` is 1 for an array outside any other. */
async function readArray(context: ValueContext, key: string, depth: number): Promise<GgufArray> {
  const { cursor, countBytes } = context;
  if (depth > MAX_ARRAY_DEPTH)
    throw new GgufLimitError(`the depth of arrays in ${JSON.stringify(key)}`, depth, MAX_ARRAY_DEPTH);
  const elementType = await readType(cursor, key);
  if (!cursor.has(countBytes)) await cursor.fill(countBytes);
  const length = cursor.count(countBytes);
  const least = minimumBytes(elementType, countBytes);
  cursor.promise(length * least, `the ${length} elements of metadata key ${JSON.stringify(key)}`);
  if (elementType === "string")
    return { type: "array", elementType, value: await readStrings(context, key, length) };
  if (elementType === "array") {
    context.nestedArrays += length;
    if (context.nestedArrays > MAX_NESTED_ARRAYS) {
      throw new GgufLimitError("the number of arrays within arrays", context.nestedArrays, MAX_NESTED_ARRAYS);
    }
    const value: GgufArray[] = [];
    for (let i = 0; i < length; i++) value.push(await readArray(context, key, depth + 1));
    return { type: "array", elementType, value };
  }
  const bytes = length * least;
  if (!cursor.has(bytes)) await cursor.fill(bytes);
  return FIXED_ARRAY[elementType](cursor.take(bytes).slice());
}

async function readStrings(context: ValueContext, key: string, length: number): Promise<string[]> {
  const { cursor, countBytes } = context;
  const what = `metadata key ${JSON.stringify(key)}`;
  const utf8 = decoder();
  const strings: string[] = [];
  for (let i = 0; i < length; i++) {
    if (!cursor.has(countBytes)) await cursor.fill(countBytes);
    const bytes = cursor.count(countBytes);
    cursor.promise(bytes, what);
    if (!cursor.has(bytes)) await cursor.fill(bytes);
    strings.push(utf8.decode(cursor.take(bytes)));
  }
  return strings;
}

/** Bytes that are not UTF-8 become U+FFFD; a leading U+FEFF is kept, since vocabularies hold it as a token. */
function decoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}
