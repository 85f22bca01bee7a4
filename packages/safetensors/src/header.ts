import { DTYPES, type Dtype, isDtype } from "./dtypes.ts";
import { SafetensorsError } from "./errors.ts";
import {
  expectEnd,
  readObject,
  readString,
  readUnsignedArray,
  refuse,
  type Scanner,
  skipValue,
  takeNull,
} from "./scanner.ts";

/** A tensor as the header describes it. */
export interface SafetensorsTensor {
  readonly name: string;
  readonly dtype: Dtype;
  /** Row-major, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** First byte, counted from the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** What the header says. */
export interface SafetensorsHeader {
  /** `__metadata__`: free text by key. */
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

/** Longest header the reference library reads, in bytes (`MAX_HEADER_SIZE`); it bounds what a length word can ask for. */
export const MAX_HEADER_BYTES = 100_000_000;

const LIMIT = 2n ** 64n;

/**
 * Bytes of `shape` elements of `dtype`.
 * Throws SAFETENSORS_TENSOR_INVALID where they overflow 64 bits or do not fill whole bytes.
 */
export function tensorByteLength(name: string, dtype: Dtype, shape: readonly number[]): number {
  let bits = BigInt(DTYPES[dtype].bits);
  for (const dimension of shape) {
    bits *= BigInt(dimension);
    if (bits >= LIMIT) break;
  }
  if (bits >= LIMIT || bits % 8n !== 0n || bits / 8n > BigInt(Number.MAX_SAFE_INTEGER)) {
    const what = bits % 8n === 0n ? "are too many bytes" : "do not fill whole bytes";
    throw new SafetensorsError(
      "SAFETENSORS_TENSOR_INVALID",
      `tensor ${JSON.stringify(name)}: ${dtype} elements of shape [${shape.join(", ")}] ${what}`,
      { tensor: name },
    );
  }
  return Number(bits / 8n);
}

/**
 * Reads and checks a header.
 * @param text the header's JSON
 * @param dataOffset where the tensors' bytes start, from the start of the file
 * @param dataLength bytes from there to the end of the file
 * @throws SafetensorsError naming the tensor or the character
 */
export function parseHeader(text: string, dataOffset: number, dataLength: number): SafetensorsHeader {
  const scanner: Scanner = { text, at: 0 };
  let metadata: Map<string, string> | undefined;
  const described = new Map<string, Described>();
  readObject(scanner, (key) => {
    if (key === "__metadata__") {
      if (metadata) refuse(scanner, "one __metadata__ only");
      metadata = readMetadata(scanner);
    } else {
      const tensor = readTensor(scanner, key);
      const earlier = described.get(key);
      if (earlier && !sameTensor(earlier, tensor)) throw duplicate(key);
      described.set(key, tensor);
    }
  });
  expectEnd(scanner);
  return { metadata: metadata ?? new Map(), tensors: place(described, dataOffset, dataLength) };
}

interface Described {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function duplicate(name: string): SafetensorsError {
  return new SafetensorsError(
    "SAFETENSORS_DUPLICATE_NAME",
    `the header names ${JSON.stringify(name)} twice with different contents. Write the file again with one entry a name.`,
    { tensor: name },
  );
}

function readMetadata(scanner: Scanner): Map<string, string> {
  const metadata = new Map<string, string>();
  if (takeNull(scanner)) return metadata;
  readObject(scanner, (key) => {
    const value = readString(scanner);
    if (metadata.has(key) && metadata.get(key) !== value) throw duplicate(key);
    metadata.set(key, value);
  });
  return metadata;
}

function readTensor(scanner: Scanner, name: string): Described {
  let dtype: Dtype | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  readObject(scanner, (field) => {
    if (field === "dtype") {
      if (dtype) refuse(scanner, "one dtype only");
      dtype = readDtype(scanner, name);
    } else if (field === "shape") {
      if (shape) refuse(scanner, "one shape only");
      shape = readUnsignedArray(scanner);
    } else if (field === "data_offsets") {
      if (offsets) refuse(scanner, "one data_offsets only");
      offsets = readUnsignedArray(scanner);
    } else {
      skipValue(scanner, 3);
    }
  });
  if (!dtype) refuse(scanner, `a dtype for ${JSON.stringify(name)}`);
  if (!shape) refuse(scanner, `a shape for ${JSON.stringify(name)}`);
  const [begin, end, ...more] = offsets ?? [];
  if (begin === undefined || end === undefined || more.length > 0) {
    refuse(scanner, `data_offsets of two numbers for ${JSON.stringify(name)}`);
  }
  return { dtype, shape, begin, end };
}

function readDtype(scanner: Scanner, name: string): Dtype {
  const dtype = readString(scanner);
  if (isDtype(dtype)) return dtype;
  throw new SafetensorsError(
    "SAFETENSORS_UNKNOWN_DTYPE",
    `tensor ${JSON.stringify(name)}: unknown dtype ${JSON.stringify(dtype)}; known are ${Object.keys(DTYPES).join(", ")}`,
    { tensor: name, position: scanner.at },
  );
}

function sameTensor(a: Described, b: Described): boolean {
  return (
    a.dtype === b.dtype &&
    a.begin === b.begin &&
    a.end === b.end &&
    a.shape.length === b.shape.length &&
    a.shape.every((dimension, axis) => dimension === b.shape[axis])
  );
}

/** Sorted by offset, the tensors must cover the data exactly: no hole, no overlap, no tail. */
function place(
  described: ReadonlyMap<string, Described>,
  dataOffset: number,
  dataLength: number,
): Map<string, SafetensorsTensor> {
  const sorted = [...described].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, SafetensorsTensor>();
  let reached = 0;
  for (const [name, { dtype, shape, begin, end }] of sorted) {
    if (begin !== reached || end < begin || end > dataLength) {
      throw new SafetensorsError(
        "SAFETENSORS_OFFSETS_INVALID",
        `tensor ${JSON.stringify(name)}: bytes ${begin} to ${end} do not follow the previous tensor's end at ${reached} within ${dataLength} bytes of data. The file is cut short or damaged.`,
        { tensor: name },
      );
    }
    const byteLength = tensorByteLength(name, dtype, shape);
    if (byteLength !== end - begin) {
      throw new SafetensorsError(
        "SAFETENSORS_TENSOR_INVALID",
        `tensor ${JSON.stringify(name)}: ${dtype} [${shape.join(", ")}] needs ${byteLength} bytes, its offsets span ${end - begin}`,
        { tensor: name },
      );
    }
    tensors.set(name, { name, dtype, shape, offset: dataOffset + begin, byteLength });
    reached = end;
  }
  if (reached !== dataLength) {
    throw new SafetensorsError(
      "SAFETENSORS_NOT_COVERED",
      `the tensors end after ${reached} bytes of ${dataLength}; the file carries bytes no tensor owns, or is cut short`,
    );
  }
  return tensors;
}
