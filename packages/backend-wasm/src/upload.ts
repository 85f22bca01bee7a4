import { writeCommand } from "@realizar/kernels";
import { DTYPES, type DtypeName, NonFiniteWeightError, rowBytes, type WeightSource } from "@realizar/tensor";
import { firstNonFinite } from "./finite.ts";

/** Longest read into the window at once: a few megabytes stay in the last-level cache between reading and packing. */
const WINDOW_BYTES = 8 << 20;

export interface UploadTarget {
  readonly memory: WebAssembly.Memory;
  /** Window that file bytes are read into. */
  readonly window: number;
  readonly windowBytes: number;
  /** Packed weight or vector goes here. */
  readonly address: number;
  /** A place for the packing program: a command and an end mark. */
  readonly program: number;
  /** Runs the packing program in this segment, which writes up to address `end`. */
  run(end: number): void;
  groupBytes(dtype: DtypeName, columns: number): number;
}

/** Bytes that a weight takes once resident. */
export function residentBytes(
  weight: WeightSource,
  groupBytes: (dtype: DtypeName, columns: number) => number,
): number {
  const columns = weight.shape.at(-1) ?? 0;
  if (weight.use === "vector") return weight.shape.reduce((a, b) => a * b, 1) * 4;
  const rows = weight.shape.at(-2) ?? 1;
  const experts = weight.shape.slice(0, -2).reduce((a, b) => a * b, 1);
  return experts * Math.ceil(rows / 16) * groupBytes(weight.dtype, columns);
}

/** Smallest window that a weight can be read through: 16 rows, or a whole vector. */
export function windowNeeded(weight: WeightSource): number {
  const columns = weight.shape.at(-1) ?? 0;
  const bytes = rowBytes(weight.dtype, columns);
  return weight.use === "vector" ? bytes * weight.shape.slice(0, -1).reduce((a, b) => a * b, 1) : bytes * 16;
}

/** Reads a matrix window by window and packs it; `onBytes` hears of every window. */
export async function uploadMatrix(
  weight: WeightSource,
  target: UploadTarget,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const columns = weight.shape.at(-1) ?? 0;
  const rows = weight.shape.at(-2) ?? 1;
  const experts = weight.shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const bytes = rowBytes(weight.dtype, columns);
  const groupBytes = target.groupBytes(weight.dtype, columns);
  const step = Math.max(16, Math.floor(Math.min(target.windowBytes, WINDOW_BYTES) / bytes / 16) * 16);
  const words = new Uint32Array(target.memory.buffer);
  const floats = new Float32Array(target.memory.buffer);
  let dst = target.address;
  for (let expert = 0; expert < experts; expert++) {
    for (let row = 0; row < rows; row += step) {
      const count = Math.min(step, rows - row);
      const window = new Uint8Array(target.memory.buffer, target.window, count * bytes);
      const read = weight.readInto(window, (expert * rows + row) * bytes);
      if (read !== undefined) await read;
      const bad = firstNonFinite(weight.dtype, window);
      if (bad >= 0) throw new NonFiniteWeightError(weight.name, (expert * rows + row) * columns + bad);
      writeCommand(words, floats, target.program >>> 2, "pack", {
        src: target.window,
        dst,
        type: DTYPES[weight.dtype].id,
        rows: count,
        columns,
        rowBytes: bytes,
        groupBytes,
      });
      dst += Math.ceil(count / 16) * groupBytes;
      target.run(dst);
      onBytes(count * bytes);
    }
  }
}

/** Reads a vector (norm, bias) and stores it as f32. Returns its numbers. */
export async function uploadVector(
  weight: WeightSource,
  target: UploadTarget,
  onBytes: (bytes: number) => void,
): Promise<Float32Array> {
  const count = weight.shape.reduce((a, b) => a * b, 1);
  const bytes = new Uint8Array(rowBytes(weight.dtype, count));
  const read = weight.readInto(bytes, 0);
  if (read !== undefined) await read;
  const out = new Float32Array(target.memory.buffer, target.address, count);
  out.set(VECTOR_READERS[weight.dtype]!(bytes));
  onBytes(bytes.length);
  return out;
}

/** Types that vectors come in. */
export const VECTOR_READERS: Partial<Record<DtypeName, (bytes: Uint8Array) => Float32Array>> = {
  F32: (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
  F16: (bytes) =>
    Float32Array.from(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2), halfToFloat),
  BF16: (bytes) => {
    const words = Uint32Array.from(
      new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2),
      (h) => h << 16,
    );
    return new Float32Array(words.buffer);
  },
};

/** IEEE 754 binary16 to a number. */
function halfToFloat(h: number): number {
  const exponent = (h >> 10) & 31;
  const mantissa = h & 1023;
  const sign = h & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
