import { GgufMissingKeyError, GgufWrongTypeError } from "./errors.ts";
import type { GgufMetadata, GgufValue } from "./values.ts";

/** The string under `key`, undefined where the key is absent. @throws GgufWrongTypeError */
export function findString(metadata: GgufMetadata, key: string): string | undefined {
  const entry = metadata.get(key);
  if (entry === undefined || entry.type === "string") return entry?.value;
  throw wrongType(key, "a string", entry);
}

/**
 * The number under `key`, of any numeric type, undefined where the key is absent.
 * @throws GgufWrongTypeError also where a 64-bit integer is no exact double
 */
export function findNumber(metadata: GgufMetadata, key: string): number | undefined {
  const entry = metadata.get(key);
  if (entry === undefined) return undefined;
  if (typeof entry.value === "number") return entry.value;
  if (typeof entry.value === "bigint") {
    const value = Number(entry.value);
    if (Number.isSafeInteger(value)) return value;
    throw new GgufWrongTypeError(key, "a number below 2^53", `${entry.type} ${entry.value}`);
  }
  throw wrongType(key, "a number", entry);
}

/** The boolean under `key`, undefined where the key is absent. @throws GgufWrongTypeError */
export function findBoolean(metadata: GgufMetadata, key: string): boolean | undefined {
  const entry = metadata.get(key);
  if (entry === undefined || entry.type === "bool") return entry?.value;
  throw wrongType(key, "a bool", entry);
}

/** The array of strings under `key`, undefined where the key is absent. @throws GgufWrongTypeError */
export function findStrings(metadata: GgufMetadata, key: string): readonly string[] | undefined {
  const entry = metadata.get(key);
  if (entry === undefined) return undefined;
  if (entry.type === "array" && entry.elementType === "string") return entry.value;
  throw wrongType(key, "an array of strings", entry);
}

/** Arrays of numbers that a double holds exactly. */
export type GgufNumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/**
 * The array of numbers under `key`, as stored (`constructor` or the entry's `elementType` tells the width), undefined
 * where the key is absent. @throws GgufWrongTypeError also for 64-bit integers, which are bigint arrays in the map
 */
export function findNumbers(metadata: GgufMetadata, key: string): GgufNumberArray | undefined {
  const entry = metadata.get(key);
  if (entry === undefined) return undefined;
  const { value } = entry;
  if (ArrayBuffer.isView(value) && !(value instanceof BigUint64Array) && !(value instanceof BigInt64Array)) {
    return value;
  }
  throw wrongType(key, "an array of numbers", entry);
}

/** As findString. @throws GgufMissingKeyError, GgufWrongTypeError */
export function getString(metadata: GgufMetadata, key: string): string {
  return present(key, findString(metadata, key));
}

/** As findNumber. @throws GgufMissingKeyError, GgufWrongTypeError */
export function getNumber(metadata: GgufMetadata, key: string): number {
  return present(key, findNumber(metadata, key));
}

/** As findBoolean. @throws GgufMissingKeyError, GgufWrongTypeError */
export function getBoolean(metadata: GgufMetadata, key: string): boolean {
  return present(key, findBoolean(metadata, key));
}

/** As findStrings. @throws GgufMissingKeyError, GgufWrongTypeError */
export function getStrings(metadata: GgufMetadata, key: string): readonly string[] {
  return present(key, findStrings(metadata, key));
}

/** As findNumbers. @throws GgufMissingKeyError, GgufWrongTypeError */
export function getNumbers(metadata: GgufMetadata, key: string): GgufNumberArray {
  return present(key, findNumbers(metadata, key));
}

function present<T>(key: string, value: T | undefined): T {
  if (value === undefined) throw new GgufMissingKeyError(key);
  return value;
}

function wrongType(key: string, expected: string, found: GgufValue): GgufWrongTypeError {
  return new GgufWrongTypeError(
    key,
    expected,
    found.type === "array" ? `an array of ${found.elementType}` : found.type,
  );
}
