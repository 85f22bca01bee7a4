import { dequantize } from "@realizar/gguf";
import { type LoadRequest, NonFiniteWeightError, rowBytes, type WeightSource } from "@realizar/tensor";
import type { Values } from "./matrix.ts";

/** Reads and dequantizes every weight of a request. @throws NonFiniteWeightError */
export async function loadWeights(request: LoadRequest): Promise<ReadonlyMap<string, LoadedWeight>> {
  const totalBytes = request.weights.reduce((sum, source) => sum + bytesOf(source), 0);
  const weights = new Map<string, LoadedWeight>();
  let loadedBytes = 0;
  for (const source of request.weights) {
    request.signal?.throwIfAborted();
    const bytes = new Uint8Array(bytesOf(source));
    await source.readInto(bytes, 0);
    const data = dequantize(source.dtype, bytes);
    checkFinite(source.name, data);
    weights.set(source.name, { name: source.name, dtype: source.dtype, shape: source.shape, data });
    loadedBytes += bytes.length;
    request.onProgress?.({ loadedBytes, totalBytes });
  }
  return weights;
}

export interface LoadedWeight extends Values {
  readonly dtype: WeightSource["dtype"];
}

function bytesOf({ dtype, shape }: WeightSource): number {
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return rows * rowBytes(dtype, shape.at(-1) ?? 1);
}

function checkFinite(name: string, data: Float32Array): void {
  const index = data.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) throw new NonFiniteWeightError(name, index);
}
