import { ALIGNMENT_KEY, alignmentOf, alignUp, DEFAULT_ALIGNMENT } from "./alignment.ts";
import { encodeValue } from "./encode-value.ts";
import { GgufLengthError, GgufMetadataError, GgufTensorError } from "./errors.ts";
import { GGML_TYPES, type GgmlTypeName } from "./ggml-types.ts";
import { HeaderWriter } from "./header-writer.ts";
import { tensorBytes } from "./tensor-bytes.ts";
import type { GgufMetadata, GgufValue } from "./values.ts";

/** A tensor's bytes: at once, later, or piece by piece. */
export type GgufTensorData =
  | Uint8Array
  | Promise<Uint8Array>
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** A tensor to write. */
export interface GgufTensorSource {
  readonly name: string;
  readonly type: GgmlTypeName;
  /** Row-major, outermost dimension first. */
  readonly shape: readonly number[];
  /** Called once, when its turn comes; must give exactly the bytes that type and shape imply. */
  readonly data: () => GgufTensorData;
}

/** What a file is written from. */
export interface GgufContents {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensorSource[];
  /** Overrides `general.alignment` of the metadata, in whose place or after which it is then written. */
  readonly alignment?: number;
}

/**
 * A GGUF file, version 3, as consecutive pieces: header first, then each tensor with its padding. One tensor's piece is
 * held at a time. A file written this way and read back gives the same contents, and the same bytes once rewritten.
 *
 * @throws GgufMetadataError, GgufTensorError before the first piece; GgufLengthError where a tensor gives another length
 */
export async function* writeGguf(contents: GgufContents): AsyncGenerator<Uint8Array, void, void> {
  const metadata = withAlignment(contents.metadata, contents.alignment);
  const alignment = alignmentOf(metadata);
  const { header, lengths } = encodeHeader(metadata, contents.tensors, alignment);
  yield header;
  for (const [i, tensor] of contents.tensors.entries()) {
    const expected = lengths[i]!;
    let length = 0;
    for await (const piece of pieces(await tensor.data())) {
      length += piece.byteLength;
      if (length > expected) break;
      yield piece;
    }
    if (length !== expected) {
      throw new GgufLengthError(`data of tensor ${JSON.stringify(tensor.name)}`, `${expected} bytes`, length);
    }
    const padding = alignUp(length, alignment) - length;
    if (padding > 0) yield new Uint8Array(padding);
  }
}

/** As writeGguf, in one buffer. */
export async function writeGgufBytes(contents: GgufContents): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new HeaderWriter();
  for await (const piece of writeGguf(contents)) writer.raw(piece);
  return writer.finish();
}

function encodeHeader(
  metadata: GgufMetadata,
  tensors: readonly GgufTensorSource[],
  alignment: number,
): { header: Uint8Array; lengths: number[] } {
  const writer = new HeaderWriter();
  writer.raw(new TextEncoder().encode("GGUF"));
  writer.uint32(3);
  writer.uint64(BigInt(tensors.length));
  writer.uint64(BigInt(metadata.size));
  for (const [key, value] of metadata) {
    if (key === "") throw new GgufMetadataError(key, "a key must not be empty");
    writer.string(key);
    encodeValue(writer, key, value);
  }
  const names = new Set<string>();
  const lengths: number[] = [];
  let offset = 0;
  for (const { name, type, shape } of tensors) {
    if (names.has(name)) throw new GgufTensorError(name, "the name appears twice");
    names.add(name);
    const length = tensorBytes(name, GGML_TYPES[type], shape);
    writer.string(name);
    writer.uint32(shape.length);
    for (const dimension of shape.toReversed()) writer.uint64(BigInt(dimension));
    writer.uint32(GGML_TYPES[type].id);
    writer.uint64(BigInt(offset));
    lengths.push(length);
    offset = alignUp(offset + length, alignment);
  }
  const padded = tensors.length > 0 ? alignUp(writer.length, alignment) : writer.length;
  return { header: writer.finish(padded), lengths };
}

function withAlignment(metadata: GgufMetadata, alignment: number | undefined): GgufMetadata {
  if (alignment === undefined) return metadata;
  if (alignment === DEFAULT_ALIGNMENT && !metadata.has(ALIGNMENT_KEY)) return metadata;
  const value: GgufValue = { type: "uint32", value: alignment };
  return new Map([...metadata, [ALIGNMENT_KEY, value]]);
}

function pieces(
  data: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  return data instanceof Uint8Array ? [data] : data;
}
