import { type Dtype, dtypeNames } from "./dtypes.ts";
import { SafetensorsError } from "./errors.ts";
import { MAX_HEADER_BYTES, tensorByteLength } from "./header.ts";

/** A tensor to write, and its bytes: at once, or in pieces when their turn comes. */
export interface TensorToWrite<Data> {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Data;
}

/** Bytes at once, or given in pieces when the writer comes to them. */
export type StreamedData =
  | ArrayBufferView
  | (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array> | Promise<Uint8Array>);

/** The header and order of a file to be written. */
interface Plan<Data> {
  /** Length word and header, padded with spaces to a multiple of 8 bytes. */
  readonly head: Uint8Array;
  readonly tensors: readonly { readonly tensor: TensorToWrite<Data>; readonly byteLength: number }[];
  readonly byteLength: number;
}

/**
 * A whole file in memory, byte for byte as the reference library lays it out: widest alignment first, then by name.
 * @throws SafetensorsError SAFETENSORS_TENSOR_INVALID, SAFETENSORS_DUPLICATE_NAME or SAFETENSORS_HEADER_TOO_LARGE
 */
export function writeSafetensors(
  tensors: Iterable<TensorToWrite<ArrayBufferView>>,
  metadata?: Iterable<readonly [string, string]>,
): Uint8Array {
  const plan = planFile(tensors, metadata);
  for (const { tensor, byteLength } of plan.tensors)
    checkLength(tensor.name, byteLength, tensor.data.byteLength);
  const file = new Uint8Array(plan.byteLength);
  file.set(plan.head);
  let at = plan.head.byteLength;
  for (const { tensor, byteLength } of plan.tensors) {
    file.set(bytesOf(tensor.data), at);
    at += byteLength;
  }
  return file;
}

/**
 * The same file in pieces, reading each tensor's data only when it is due.
 * @throws as {@link writeSafetensors}; where data turn out longer or shorter than the shape says, midway
 */
export async function* streamSafetensors(
  tensors: Iterable<TensorToWrite<StreamedData>>,
  metadata?: Iterable<readonly [string, string]>,
): AsyncGenerator<Uint8Array> {
  const plan = planFile(tensors, metadata);
  yield plan.head;
  for (const { tensor, byteLength } of plan.tensors) {
    let written = 0;
    for await (const piece of pieces(tensor.data)) {
      written += piece.byteLength;
      if (written > byteLength) break;
      yield piece;
    }
    checkLength(tensor.name, byteLength, written);
  }
}

async function* pieces(data: StreamedData): AsyncGenerator<Uint8Array> {
  if (typeof data !== "function") yield bytesOf(data);
  else {
    const given = data();
    if (given instanceof Promise) yield await given;
    else yield* given;
  }
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function checkLength(tensor: string, expected: number, found: number): void {
  if (expected === found) return;
  throw new SafetensorsError(
    "SAFETENSORS_TENSOR_INVALID",
    `tensor ${JSON.stringify(tensor)}: its shape needs ${expected} bytes of data, ${found} or more were given`,
    { tensor },
  );
}

function planFile<Data>(
  tensors: Iterable<TensorToWrite<Data>>,
  metadata: Iterable<readonly [string, string]> = [],
): Plan<Data> {
  const ordered = [...tensors].sort(
    (a, b) => dtypeNames.indexOf(b.dtype) - dtypeNames.indexOf(a.dtype) || compareCodePoints(a.name, b.name),
  );
  const entries: string[] = [];
  const texts = new Map(metadata);
  if (texts.size > 0) {
    const pairs = [...texts].sort(([a], [b]) => compareCodePoints(a, b));
    entries.push(
      `"__metadata__":{${pairs.map(([key, value]) => `${quote(key)}:${quote(value)}`).join(",")}}`,
    );
  }
  const names = new Set<string>();
  const planned: { tensor: TensorToWrite<Data>; byteLength: number }[] = [];
  let offset = 0;
  for (const tensor of ordered) {
    const { name, dtype, shape } = tensor;
    checkName(name, names);
    names.add(name);
    checkShape(name, shape);
    const byteLength = tensorByteLength(name, dtype, shape);
    const end = offset + byteLength;
    entries.push(
      `${quote(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${offset},${end}]}`,
    );
    planned.push({ tensor, byteLength });
    offset = end;
  }
  const head = frame(`{${entries.join(",")}}`);
  return { head, tensors: planned, byteLength: head.byteLength + offset };
}

function frame(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const padded = Math.ceil(text.byteLength / 8) * 8;
  if (padded > MAX_HEADER_BYTES) {
    throw new SafetensorsError(
      "SAFETENSORS_HEADER_TOO_LARGE",
      `the header would be ${padded} bytes long; readers take at most ${MAX_HEADER_BYTES}. Split the file into shards.`,
    );
  }
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(text, 8);
  return head;
}

function checkName(name: string, names: ReadonlySet<string>): void {
  if (names.has(name)) {
    throw new SafetensorsError(
      "SAFETENSORS_DUPLICATE_NAME",
      `two tensors are named ${JSON.stringify(name)}`,
      {
        tensor: name,
      },
    );
  }
  if (name === "__metadata__") {
    throw new SafetensorsError(
      "SAFETENSORS_TENSOR_INVALID",
      "a tensor cannot be named __metadata__: the header keeps the file's metadata there",
      { tensor: name },
    );
  }
}

function checkShape(name: string, shape: readonly number[]): void {
  if (shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0)) return;
  throw new SafetensorsError(
    "SAFETENSORS_TENSOR_INVALID",
    `tensor ${JSON.stringify(name)}: shape [${shape.join(", ")}] is not of non-negative integers`,
    { tensor: name },
  );
}

function quote(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/** The order of UTF-8 bytes, which for well-formed text is that of code points. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    // Surrogates stand for code points above all others: lift them over U+E000 to U+FFFF.
    if (x !== y) return lift(x) - lift(y);
  }
  return a.length - b.length;
}

function lift(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
