import type { MetadataEntry } from "../src/index.ts";

const TYPES = [
  ...["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "bool", "string", "array"],
  ...["uint64", "int64", "float64"],
];

/** The metadata of a well-formed GGUF file of version 2 or 3, for tests. */
export function readMetadata(bytes: Uint8Array): Map<string, MetadataEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  let at = 16;
  const advance = (bytes: number) => {
    at += bytes;
    return at - bytes;
  };
  const u32 = () => view.getUint32(advance(4), true);
  const u64 = () => Number(view.getBigUint64(advance(8), true));
  const text = () => {
    const length = u64();
    at += length;
    return decoder.decode(bytes.subarray(at - length, at));
  };
  const scalar = (type: string): unknown => {
    if (type === "string") return text();
    if (type === "uint32") return u32();
    if (type === "uint64") return BigInt(u64());
    if (type === "int64") return view.getBigInt64(advance(8), true);
    if (type === "float64") return view.getFloat64(advance(8), true);
    if (type === "int32") return view.getInt32(advance(4), true);
    if (type === "float32") return view.getFloat32(advance(4), true);
    if (type === "uint16") return view.getUint16(advance(2), true);
    if (type === "int16") return view.getInt16(advance(2), true);
    const byte = view.getUint8(advance(1));
    if (type === "bool") return byte !== 0;
    return type === "int8" ? (byte << 24) >> 24 : byte;
  };
  const count = u64();
  const metadata = new Map<string, MetadataEntry>();
  for (let i = 0; i < count; i++) {
    const key = text();
    const type = TYPES[u32()]!;
    if (type !== "array") {
      metadata.set(key, { type, value: scalar(type) });
      continue;
    }
    const elementType = TYPES[u32()]!;
    const length = u64();
    const value = Array.from({ length }, () => scalar(elementType));
    metadata.set(key, { type, elementType, value });
  }
  return metadata;
}
