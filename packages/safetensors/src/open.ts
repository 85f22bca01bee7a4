import { DTYPES, type TensorArray, type TensorArrayConstructor } from "./dtypes.ts";
import { SafetensorsError } from "./errors.ts";
import { toFloat32 } from "./float32.ts";
import { MAX_HEADER_BYTES, parseHeader, type SafetensorsHeader, type SafetensorsTensor } from "./header.ts";
import { checkRange, type SourceLike, toSource } from "./source.ts";

/** A tensor's elements in place, or copied where they do not lie aligned in memory. */
export interface TensorView {
  readonly data: TensorArray;
  /** True where the bytes had to be copied: memory is unaligned for this dtype. */
  readonly copied: boolean;
}

/** An open file: its header, and its tensors' bytes on demand. */
export interface Safetensors extends SafetensorsHeader {
  /** Fills `dst` with the tensor's bytes from byte `offset` of the tensor on. */
  readInto(tensor: SafetensorsTensor, dst: Uint8Array, offset?: number): void | Promise<void>;
  /** The tensor of that name; throws SAFETENSORS_TENSOR_MISSING. */
  tensor(name: string): SafetensorsTensor;
  /** The tensor's bytes, copied. */
  read(name: string): Promise<Uint8Array>;
  /** The tensor's elements as 32-bit floats; see {@link toFloat32}. */
  readFloat32(name: string): Promise<Float32Array>;
}

/** A file in memory: its tensors can also be seen in place. */
export interface SafetensorsBytes extends Safetensors {
  /** The tensor's elements, sharing memory with the file where alignment allows. */
  view(name: string): TensorView;
}

/** Bytes of the length word before the header: a little-endian u64. */
const LENGTH_BYTES = 8;

/**
 * Opens a safetensors file, reading only its header.
 * Bytes in memory also give {@link SafetensorsBytes.view}.
 * @throws SafetensorsError where the reference library (safetensors 0.8) would refuse the file
 */
export function openSafetensors(source: Uint8Array): Promise<SafetensorsBytes>;
export function openSafetensors(source: SourceLike): Promise<Safetensors>;
export async function openSafetensors(source: SourceLike): Promise<Safetensors | SafetensorsBytes> {
  const { size, readInto } = bind(source);
  if (size < LENGTH_BYTES)
    throw truncated(`${size} bytes are fewer than the ${LENGTH_BYTES} of its header length`);
  const word = new Uint8Array(LENGTH_BYTES);
  await readInto(word, 0);
  const length = new DataView(word.buffer).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new SafetensorsError(
      "SAFETENSORS_HEADER_TOO_LARGE",
      `the header says it is ${length} bytes long; at most ${MAX_HEADER_BYTES} are read. This is probably not a safetensors file.`,
    );
  }
  const dataOffset = LENGTH_BYTES + Number(length);
  if (dataOffset > size) throw truncated(`its header ends at byte ${dataOffset} of ${size}`);
  const header = new Uint8Array(Number(length));
  await readInto(header, LENGTH_BYTES);
  const parsed = parseHeader(decode(header), dataOffset, size - dataOffset);

  const tensor = (name: string): SafetensorsTensor => {
    const found = parsed.tensors.get(name);
    if (found) return found;
    throw new SafetensorsError("SAFETENSORS_TENSOR_MISSING", `no tensor named ${JSON.stringify(name)}`, {
      tensor: name,
    });
  };
  const read = async (name: string): Promise<Uint8Array> => {
    const { byteLength, offset } = tensor(name);
    const bytes = new Uint8Array(byteLength);
    await readInto(bytes, offset);
    return bytes;
  };
  const file: Safetensors = {
    ...parsed,
    tensor,
    read,
    readInto(of, dst, offset = 0) {
      checkRange(dst.byteLength, offset, of.byteLength);
      return readInto(dst, of.offset + offset);
    },
    readFloat32: async (name) => toFloat32(tensor(name).dtype, await read(name)),
  };
  if (!(source instanceof Uint8Array)) return file;
  return { ...file, view: (name: string) => viewTensor(source, tensor(name)) };
}

function bind(source: SourceLike) {
  const bytes = toSource(source);
  return {
    size: bytes.size,
    readInto: (dst: Uint8Array, offset: number) => bytes.readInto(dst, offset),
  };
}

function truncated(why: string): SafetensorsError {
  return new SafetensorsError(
    "SAFETENSORS_TRUNCATED",
    `not a whole safetensors file: ${why}. Download or copy it again.`,
  );
}

function decode(header: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch (cause) {
    throw new SafetensorsError("SAFETENSORS_HEADER_SYNTAX", "the header is not UTF-8", {}, { cause });
  }
}

function viewTensor(bytes: Uint8Array, { dtype, offset, byteLength }: SafetensorsTensor): TensorView {
  const array: TensorArrayConstructor = DTYPES[dtype].array;
  const start = bytes.byteOffset + offset;
  const length = byteLength / array.BYTES_PER_ELEMENT;
  if (start % array.BYTES_PER_ELEMENT === 0) {
    return { data: new array(bytes.buffer, start, length), copied: false };
  }
  const copy = bytes.slice(offset, offset + byteLength);
  return { data: new array(copy.buffer, 0, length), copied: true };
}
