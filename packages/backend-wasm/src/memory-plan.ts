import { COMMAND_WORDS } from "@realizar/kernels";
import { type KvType, type LoadRequest, MemoryExceededError, type WeightSource } from "@realizar/tensor";
import { placeBuffers } from "./arena.ts";
import { type BatchRegion, batchRegion } from "./batch-region.ts";
import type { Engine } from "./engine.ts";
import { aligned, layoutSegment, MAX_PARTS, PROGRAM_SLOTS, type SegmentLayout, WASM_PAGE } from "./memory.ts";
import { placeLayers } from "./placement.ts";
import type { Recording } from "./recording.ts";
import { ropeKey, ropeRowBytes } from "./rope-table.ts";
import { residentBytes, windowNeeded } from "./upload.ts";

/** The kernels' numbers of KV types (kernels/assembly/ops/kv.ts). */
export const KV_TYPES: Record<KvType, number> = { f32: 0, f16: 1, q8_0: 2, q16: 3 };

/** Least bytes of the arena: also the window that weights are read into. */
const LEAST_ARENA = 1 << 20;

/** Where everything of a model lies. Addresses are bytes in the segment that holds the thing. */
export interface MemoryPlan {
  readonly layouts: readonly SegmentLayout[];
  segmentOfWeight(name: string): number;
  segmentOfLayer(layer: number): number;
  readonly weightAddress: ReadonlyMap<string, number>;
  readonly keyAddress: readonly number[];
  readonly valueAddress: readonly number[];
  readonly region: BatchRegion;
  /** Bytes of one program slot. */
  readonly programBytes: number;
  /** Token ids are below. */
  readonly vocabSize: number;
}

/**
 * Lays out a model.
 * @param largest recordings of the largest step of every output, all in one segment
 * @throws MemoryExceededError
 */
export function planMemory(request: LoadRequest, engine: Engine, largest: readonly Recording[]): MemoryPlan {
  const { kv, contextSize } = request;
  const region = batchRegion(request.maxRows, request.maxOutputRows, contextSize);
  const programBytes = aligned((Math.max(...largest.map((r) => r.nodes.length)) + 2) * COMMAND_WORDS * 4);
  const fixed = {
    programs: programBytes * (1 + PROGRAM_SLOTS),
    batch: region.words * 4,
    tables: ropeTableBytes(largest, contextSize),
    scratch: Math.max(...largest.map((r) => r.scratchBytes)) * engine.threads,
    arena: Math.max(
      ...largest.map((r) => placeBuffers(r.buffers)),
      ...request.weights.map(windowNeeded),
      LEAST_ARENA,
    ),
  };

  const kvType = KV_TYPES[kv.type];
  const heads = (layer: number) => kv.pages * kv.kvHeads[layer]!;
  const keyBytes = (layer: number) =>
    aligned(heads(layer) * engine.kernels.key_head_bytes(kvType, kv.headDim[layer]!));
  const valueBytes = (layer: number) =>
    aligned(heads(layer) * engine.kernels.value_head_bytes(kvType, kv.headDim[layer]!));
  const weightBytes = (source: WeightSource) => aligned(residentBytes(source, engine.groupBytes));
  const overhead = layoutSegment({ ...fixed, kv: 0, weights: 0 }).end + WASM_PAGE;
  const placement = placeLayers(
    request,
    weightBytes,
    (layer) => keyBytes(layer) + valueBytes(layer),
    overhead,
    engine.segmentBytes,
  );
  if (placement.segments > MAX_PARTS / 2) {
    throw new MemoryExceededError("the model", placement.segments * overhead, (MAX_PARTS / 2) * overhead);
  }
  const segmentOfWeight = (name: string) => placement.segmentOfWeight.get(name) ?? 0;
  const segmentOfLayer = (layer: number) => placement.segmentOfLayer.get(layer) ?? 0;

  const weightAddress = new Map<string, number>();
  const keyAddress: number[] = [];
  const valueAddress: number[] = [];
  const layers = [...new Array(kv.layers).keys()];
  const layouts = Array.from({ length: placement.segments }, (_, s) => {
    const mine = layers.filter((layer) => segmentOfLayer(layer) === s);
    const weights = request.weights.filter(({ name }) => segmentOfWeight(name) === s);
    const layout = layoutSegment({
      ...fixed,
      kv: mine.reduce((sum, layer) => sum + keyBytes(layer) + valueBytes(layer), 0),
      weights: weights.reduce((sum, source) => sum + weightBytes(source), 0),
    });
    let address = layout.kv;
    for (const layer of mine) {
      keyAddress[layer] = address;
      valueAddress[layer] = address + keyBytes(layer);
      address += keyBytes(layer) + valueBytes(layer);
    }
    address = layout.weights;
    for (const source of weights) {
      weightAddress.set(source.name, address);
      address += weightBytes(source);
    }
    return layout;
  });
  const vocabSize = Math.min(...largest.map((r) => r.vocabSize));
  return {
    layouts,
    segmentOfWeight,
    segmentOfLayer,
    weightAddress,
    keyAddress,
    valueAddress,
    region,
    programBytes,
    vocabSize,
  };
}

function ropeTableBytes(recordings: readonly Recording[], contextSize: number): number {
  const tables = new Map(
    recordings
      .flatMap((r) => r.ropes)
      .map(({ spec }) => [ropeKey(spec), aligned(ropeRowBytes(spec) * contextSize)]),
  );
  return [...tables.values()].reduce((a, b) => a + b, 0);
}
