/** Types of a metadata value; the index is the id in the file. Source: docs/gguf.md of ggml (gguf_metadata_value_type). */
export const VALUE_TYPES = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "float32",
  "bool",
  "string",
  "array",
  "uint64",
  "int64",
  "float64",
] as const;

export type GgufValueType = (typeof VALUE_TYPES)[number];

/** Value types that fit a double exactly. */
export type GgufNumberType =
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "float32"
  | "float64";

/** 64-bit integers are always bigint: the type alone says what `value` is, and nothing is rounded. */
export type GgufScalar =
  | { readonly type: GgufNumberType; readonly value: number }
  | { readonly type: "uint64" | "int64"; readonly value: bigint }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string };

/** Numbers are typed arrays of the same width; arrays of arrays hold array values. */
export type GgufArray =
  | { readonly type: "array"; readonly elementType: "uint8"; readonly value: Uint8Array }
  | { readonly type: "array"; readonly elementType: "int8"; readonly value: Int8Array }
  | { readonly type: "array"; readonly elementType: "uint16"; readonly value: Uint16Array }
  | { readonly type: "array"; readonly elementType: "int16"; readonly value: Int16Array }
  | { readonly type: "array"; readonly elementType: "uint32"; readonly value: Uint32Array }
  | { readonly type: "array"; readonly elementType: "int32"; readonly value: Int32Array }
  | { readonly type: "array"; readonly elementType: "float32"; readonly value: Float32Array }
  | { readonly type: "array"; readonly elementType: "float64"; readonly value: Float64Array }
  | { readonly type: "array"; readonly elementType: "uint64"; readonly value: BigUint64Array }
  | { readonly type: "array"; readonly elementType: "int64"; readonly value: BigInt64Array }
  | { readonly type: "array"; readonly elementType: "bool"; readonly value: readonly boolean[] }
  | { readonly type: "array"; readonly elementType: "string"; readonly value: readonly string[] }
  | { readonly type: "array"; readonly elementType: "array"; readonly value: readonly GgufArray[] };

export type GgufValue = GgufScalar | GgufArray;

/** Metadata of a file, in file order. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Bytes a value of this type takes at least; strings and arrays start with a count of `countBytes` (4 in version 1). */
export function minimumBytes(type: GgufValueType, countBytes: number): number {
  if (type === "string") return countBytes;
  if (type === "array") return 4 + countBytes;
  return SCALAR_BYTES[type];
}

/** Bytes of each fixed-size value. */
export const SCALAR_BYTES: Readonly<Record<Exclude<GgufValueType, "string" | "array">, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  uint64: 8,
  int64: 8,
  float64: 8,
};
