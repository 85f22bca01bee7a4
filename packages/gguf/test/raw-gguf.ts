import { HeaderWriter } from "../src/header-writer.ts";

/** A key and value of a raw file: uint32 type id, and how the value is written. */
export interface RawEntry {
  readonly key: string;
  readonly type: number;
  readonly value: (writer: HeaderWriter) => void;
}

/** A tensor entry as it stands in the file; dimensions innermost first. */
export interface RawTensor {
  readonly name: string;
  readonly dims: readonly (number | bigint)[];
  readonly rank?: number;
  readonly type?: number;
  readonly offset?: number | bigint;
}

export interface RawFile {
  readonly magic?: string;
  readonly version?: number;
  readonly entries?: readonly RawEntry[];
  readonly entryCount?: number | bigint;
  readonly tensors?: readonly RawTensor[];
  readonly tensorCount?: number | bigint;
  readonly alignment?: number;
  /** Bytes of tensor data after the padded header. */
  readonly data?: number;
}

/** A file with every field as given, right or wrong; version 1 has 32-bit counts and dimensions. */
export function rawGguf(file: RawFile): Uint8Array<ArrayBuffer> {
  const { version = 3, entries = [], tensors = [], alignment = 32, data = 0 } = file;
  const writer = new HeaderWriter();
  const count = (value: number | bigint): void => {
    if (version === 1) writer.uint32(Number(value));
    else writer.uint64(BigInt(value));
  };
  const string = (text: string): void => {
    const bytes = new TextEncoder().encode(text);
    count(bytes.length);
    writer.raw(bytes);
  };
  writer.raw(new TextEncoder().encode(file.magic ?? "GGUF"));
  writer.uint32(version);
  count(file.tensorCount ?? tensors.length);
  count(file.entryCount ?? entries.length);
  for (const { key, type, value } of entries) {
    string(key);
    writer.uint32(type);
    value(writer);
  }
  for (const { name, dims, rank = dims.length, type = 0, offset = 0 } of tensors) {
    string(name);
    writer.uint32(rank);
    for (const dim of dims) count(dim);
    writer.uint32(type);
    writer.uint64(BigInt(offset));
  }
  return writer.finish(Math.ceil(writer.length / alignment) * alignment + data);
}
