import type { CheckpointTensor } from "@realizar/formats";
import type { GgmlTypeName } from "@realizar/gguf";
import type { Weight, WeightSource } from "@realizar/tensor";
import { MissingTensorError, TensorShapeError } from "./errors.ts";

/** A weight as the checkpoint stores it: a WeightSource whose type may be any of ggml's. */
export interface StoredWeight extends Omit<WeightSource, "dtype"> {
  readonly type: GgmlTypeName;
}

/** Rows of a larger tensor. */
export interface RowRange {
  /** The tensor's name. */
  readonly of: string;
  /** Rows it has in all. */
  readonly rows: number;
  /** First row taken. */
  readonly from: number;
}

/**
 * How an architecture names its weights. Each call states a shape that the hyperparameters imply.
 * @throws MissingTensorError, TensorShapeError
 */
export interface WeightTable {
  has(name: string): boolean;
  /** Rows of a tensor, its first dimension; undefined where the checkpoint has none. */
  rows(name: string): number | undefined;
  /** A matrix: [rows, columns] or [experts, rows, columns]. */
  matrix(name: string, shape: readonly number[]): Weight;
  /** Kept as f32: norms, biases, sinks. */
  vector(name: string, shape: readonly number[]): Weight;
  /** Undefined where the checkpoint has none. */
  optionalVector(name: string, shape: readonly number[]): Weight | undefined;
  /** Rows of a fused matrix, under a name of their own. */
  matrixRows(name: string, shape: readonly [number, number], range: RowRange): Weight;
  /** Numbers of a fused vector, under a name of their own; undefined where the checkpoint has none. */
  optionalVectorRange(name: string, length: number, range: RowRange): Weight | undefined;
  /** The first row of matrix `of`, as each row of a matrix [times, columns]. */
  repeatedFirstRow(name: string, shape: readonly [times: number, columns: number], of: string): Weight;
}

/** A table over a checkpoint's tensors; `take` turns each weight into its handle. */
export function weightTable(
  tensors: ReadonlyMap<string, CheckpointTensor>,
  layers: number,
  take: (stored: StoredWeight) => Weight,
): WeightTable {
  function find(name: string, shape: readonly number[]): CheckpointTensor {
    const tensor = tensors.get(name);
    if (!tensor) throw new MissingTensorError(name, shape);
    if (shape.length !== tensor.shape.length || shape.some((size, i) => size !== tensor.shape[i])) {
      throw new TensorShapeError(name, shape, tensor.shape);
    }
    return tensor;
  }
  function whole(name: string, shape: readonly number[], use: WeightSource["use"]): Weight {
    const tensor = find(name, shape);
    const readInto = (dst: Uint8Array, offset: number) => tensor.readInto(dst, offset);
    return take({ name, type: tensor.type, shape, use, layer: layerOf(name, layers), readInto });
  }
  function part(name: string, shape: readonly number[], use: WeightSource["use"], range: RowRange): Weight {
    const tensor = find(range.of, [range.rows, ...shape.slice(1)]);
    const start = (tensor.byteLength / range.rows) * range.from;
    const readInto = (dst: Uint8Array, offset: number) => tensor.readInto(dst, start + offset);
    return take({ name, type: tensor.type, shape, use, layer: layerOf(name, layers), readInto });
  }
  return {
    has: (name) => tensors.has(name),
    rows: (name) => tensors.get(name)?.shape[0],
    matrix: (name, shape) => whole(name, shape, "matrix"),
    vector: (name, shape) => whole(name, shape, "vector"),
    optionalVector: (name, shape) => (tensors.has(name) ? whole(name, shape, "vector") : undefined),
    matrixRows: (name, shape, range) => part(name, shape, "matrix", range),
    optionalVectorRange: (name, length, range) =>
      tensors.has(range.of) ? part(name, [length], "vector", range) : undefined,
    repeatedFirstRow(name, [times, columns], of) {
      const rows = tensors.get(of)?.shape[0] ?? 1;
      const tensor = find(of, [rows, columns]);
      const row = tensor.byteLength / rows;
      const readInto = (dst: Uint8Array, offset: number) => readRepeated(tensor, row, dst, offset);
      const layer = layerOf(name, layers);
      return take({ name, type: tensor.type, shape: [times, columns], use: "matrix", layer, readInto });
    },
  };
}

/** dst is bytes [offset, offset + length) of the tensor's first row, repeated without end. */
async function readRepeated(
  tensor: CheckpointTensor,
  rowBytes: number,
  dst: Uint8Array,
  offset: number,
): Promise<void> {
  const row = new Uint8Array(rowBytes);
  await tensor.readInto(row, 0);
  for (let written = 0; written < dst.length; ) {
    const from = (offset + written) % rowBytes;
    const count = Math.min(rowBytes - from, dst.length - written);
    dst.set(row.subarray(from, from + count), written);
    written += count;
  }
}

/** The layer in a tensor's name; -1 for what lies before the first, `layers` for what lies after the last. */
function layerOf(name: string, layers: number): number {
  const layer = /^blk\.(\d+)\./.exec(name)?.[1];
  if (layer !== undefined) return Number(layer);
  return name.startsWith("output") ? layers : -1;
}
