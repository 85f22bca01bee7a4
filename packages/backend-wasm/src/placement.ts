import type { LoadRequest, WeightSource } from "@realizar/tensor";
import { MemoryExceededError } from "@realizar/tensor";
import { aligned, MAX_SEGMENT_BYTES } from "./memory.ts";

/** Where each layer lives: contiguous runs of layers, a segment each. */
export interface Placement {
  readonly segments: number;
  readonly segmentOfLayer: ReadonlyMap<number, number>;
  readonly segmentOfWeight: ReadonlyMap<string, number>;
}

/**
 * Fills segments with layers in order (-1, 0 .. layers - 1, layers), each with its weights and KV pages.
 * `overhead` is what a segment needs besides: programs, batch, tables, arena.
 */
export function placeLayers(
  request: Pick<LoadRequest, "weights" | "kv">,
  bytesOfWeight: (weight: WeightSource) => number,
  bytesOfKv: (layer: number) => number,
  overhead: number,
  limit: number = MAX_SEGMENT_BYTES,
): Placement {
  const layers = new Map<number, number>();
  const order = [...Array(request.kv.layers + 2).keys()].map((i) => i - 1);
  const bytes = new Map(
    order.map((layer) => [layer, layer >= 0 && layer < request.kv.layers ? bytesOfKv(layer) : 0]),
  );
  for (const weight of request.weights)
    bytes.set(weight.layer, (bytes.get(weight.layer) ?? 0) + aligned(bytesOfWeight(weight)));
  let segment = 0;
  let used = overhead;
  for (const layer of order) {
    const size = bytes.get(layer) ?? 0;
    if (overhead + size > limit)
      throw new MemoryExceededError(`layer ${layer} with its part of the KV cache`, overhead + size, limit);
    if (used + size > limit) {
      segment++;
      used = overhead;
    }
    used += size;
    layers.set(layer, segment);
  }
  const weights = new Map(request.weights.map((weight) => [weight.name, layers.get(weight.layer) ?? 0]));
  return { segments: segment + 1, segmentOfLayer: layers, segmentOfWeight: weights };
}
