import type { GgufArray, GgufMetadata, GgufValue } from "@realizar/gguf";
import type { MetadataValue } from "./checkpoint.ts";

/** Metadata as plain values: 64-bit integers become numbers where a double holds them exactly. */
export function plainMetadata(metadata: GgufMetadata): Map<string, MetadataValue> {
  return new Map([...metadata].map(([key, value]) => [key, plainValue(value)]));
}

function plainValue(value: GgufValue): MetadataValue {
  if (value.type === "array") return plainArray(value);
  if (typeof value.value !== "bigint") return value.value;
  const number = Number(value.value);
  return Number.isSafeInteger(number) ? number : value.value;
}

function plainArray(array: GgufArray): MetadataValue {
  return array.elementType === "array" ? array.value.map(plainArray) : array.value;
}
