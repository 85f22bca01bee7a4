import { alignmentOf, alignUp } from "./alignment.ts";
import type { ByteSource } from "./byte-source.ts";
import {
  GgufLimitError,
  GgufMagicError,
  GgufMetadataError,
  GgufTensorError,
  GgufTruncatedError,
  GgufVersionError,
} from "./errors.ts";
import { ggmlTypeById } from "./ggml-types.ts";
import type { GgufFile, GgufTensor } from "./gguf-file.ts";
import { HeaderCursor } from "./header-cursor.ts";
import {
  MAX_DIMENSIONS,
  MAX_KEY_BYTES,
  MAX_METADATA_ENTRIES,
  MAX_TENSOR_NAME_BYTES,
  MAX_TENSORS,
} from "./limits.ts";
import { readValue, type ValueContext } from "./read-value.ts";
import { fromBlob } from "./sources/blob.ts";
import { fromBytes } from "./sources/memory.ts";
import { tensorBytes } from "./tensor-bytes.ts";
import type { GgufMetadata, GgufValue } from "./values.ts";

/** Anything `openGguf` reads from. */
export type GgufInput = Blob | Uint8Array | ByteSource;

/** The source behind an input. */
export function toByteSource(input: GgufInput): ByteSource {
  if (input instanceof Uint8Array) return fromBytes(input);
  if (input instanceof Blob) return fromBlob(input);
  return input;
}

/**
 * Reads the metadata and the tensor table, and no byte of tensor data.
 * Format: docs/gguf.md of ggml; versions 1 (32-bit counts and dimensions), 2 and 3, little-endian.
 *
 * @throws GgufTruncatedError, GgufMagicError, GgufVersionError, GgufLimitError, GgufMetadataError, GgufTensorError
 */
export async function openGguf(input: GgufInput): Promise<GgufFile> {
  const cursor = new HeaderCursor(toByteSource(input));
  const { version, tensorCount, entryCount, countBytes } = await readPreamble(cursor);
  const metadata = await readMetadata(cursor, entryCount, countBytes);
  const alignment = alignmentOf(metadata);
  const entries = await readTensorEntries(cursor, tensorCount, countBytes);
  const dataOffset = alignUp(cursor.position, alignment);
  const tensors = placeTensors(entries, alignment, dataOffset, cursor.size);
  return { version, metadata, tensors, alignment, dataOffset, size: cursor.size };
}

interface Preamble {
  readonly version: 1 | 2 | 3;
  readonly tensorCount: number;
  readonly entryCount: number;
  /** Bytes of every count, length and dimension: 4 in version 1, 8 later. */
  readonly countBytes: 4 | 8;
}

/** uint32 magic, uint32 version, count of tensors, count of metadata entries. */
async function readPreamble(cursor: HeaderCursor): Promise<Preamble> {
  cursor.promise(4, "the magic");
  await cursor.fill(4);
  const magic = String.fromCharCode(...cursor.take(4));
  if (magic !== "GGUF") throw new GgufMagicError(magic);
  cursor.promise(4, "the version");
  await cursor.fill(4);
  const version = cursor.uint32();
  if (version !== 1 && version !== 2 && version !== 3) {
    throw new GgufVersionError(version, (version & 0xffff) === 0 && version !== 0);
  }
  const countBytes = version === 1 ? 4 : 8;
  cursor.promise(2 * countBytes, "the counts of tensors and metadata");
  await cursor.fill(2 * countBytes);
  const tensorCount = cursor.count(countBytes);
  const entryCount = cursor.count(countBytes);
  if (tensorCount > MAX_TENSORS) throw new GgufLimitError("the number of tensors", tensorCount, MAX_TENSORS);
  if (entryCount > MAX_METADATA_ENTRIES) {
    throw new GgufLimitError("the number of metadata entries", entryCount, MAX_METADATA_ENTRIES);
  }
  cursor.promise(entryCount * (countBytes + 4), "the metadata");
  cursor.promise(tensorCount * (countBytes + 4 + 4 + 8), "the tensor table");
  return { version, tensorCount, entryCount, countBytes };
}

/** Entries of: key length, key, uint32 value type, value. */
async function readMetadata(
  cursor: HeaderCursor,
  entryCount: number,
  countBytes: 4 | 8,
): Promise<GgufMetadata> {
  const metadata = new Map<string, GgufValue>();
  const context: ValueContext = { cursor, countBytes, nestedArrays: 0 };
  for (let i = 0; i < entryCount; i++) {
    const key = await readName(cursor, countBytes, MAX_KEY_BYTES, "a metadata key");
    if (key === "") throw new GgufMetadataError(key, `entry ${i} has an empty key`);
    if (metadata.has(key)) throw new GgufMetadataError(key, "it appears twice");
    metadata.set(key, await readValue(context, key));
  }
  return metadata;
}

interface TensorEntry extends Omit<GgufTensor, "shard"> {
  /** Relative to the start of the tensor data. */
  readonly offset: number;
}

/** Entries of: name length, name, uint32 dimensions, each dimension (innermost first), uint32 type, uint64 offset. */
async function readTensorEntries(
  cursor: HeaderCursor,
  tensorCount: number,
  countBytes: 4 | 8,
): Promise<TensorEntry[]> {
  const entries: TensorEntry[] = [];
  const names = new Set<string>();
  for (let i = 0; i < tensorCount; i++) {
    const name = await readName(cursor, countBytes, MAX_TENSOR_NAME_BYTES, "a tensor name");
    if (names.has(name)) throw new GgufTensorError(name, "the name appears twice");
    names.add(name);
    if (!cursor.has(4)) await cursor.fill(4);
    const rank = cursor.uint32();
    if (rank > MAX_DIMENSIONS) {
      throw new GgufTensorError(name, `it has ${rank} dimensions, at most ${MAX_DIMENSIONS} are allowed`);
    }
    const rest = rank * countBytes + 4 + 8;
    cursor.promise(rank * countBytes, `the shape of tensor ${JSON.stringify(name)}`);
    if (!cursor.has(rest)) await cursor.fill(rest);
    const shape: number[] = [];
    for (let d = 0; d < rank; d++) shape.unshift(cursor.count(countBytes));
    const typeId = cursor.uint32();
    const offset = cursor.count(8);
    const type = ggmlTypeById(typeId);
    if (!type)
      throw new GgufTensorError(name, `its type ${typeId} is unknown or was removed from the format`);
    const byteLength = tensorBytes(name, type, shape);
    entries.push({ name, type: type.name, shape, offset, byteLength });
  }
  return entries;
}

/** A length and that many bytes of UTF-8. */
async function readName(
  cursor: HeaderCursor,
  countBytes: 4 | 8,
  limit: number,
  what: string,
): Promise<string> {
  if (!cursor.has(countBytes)) await cursor.fill(countBytes);
  const length = cursor.count(countBytes);
  cursor.promise(length, what);
  if (length > limit) throw new GgufLimitError(`the length in bytes of ${what}`, length, limit);
  if (!cursor.has(length)) await cursor.fill(length);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(cursor.take(length));
}

/** Checks that each tensor starts where the one before ended, padded, and that all lie within the file. */
function placeTensors(
  entries: readonly TensorEntry[],
  alignment: number,
  dataOffset: number,
  size: number,
): GgufTensor[] {
  let next = 0;
  return entries.map((entry) => {
    if (entry.offset !== next) {
      throw new GgufTensorError(
        entry.name,
        `its data is at offset ${entry.offset}, but with alignment ${alignment} it must be at ${next}`,
      );
    }
    const offset = dataOffset + entry.offset;
    const end = offset + entry.byteLength;
    if (end > size) {
      throw new GgufTruncatedError(
        offset,
        entry.byteLength,
        size,
        `the data of tensor ${JSON.stringify(entry.name)}`,
      );
    }
    next = alignUp(entry.offset + entry.byteLength, alignment);
    return { ...entry, offset, shard: 0 };
  });
}
