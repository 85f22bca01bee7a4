import {
  type Backend,
  DTYPES,
  type DtypeName,
  type LoadRequest,
  PAGE_SIZE,
  type RaggedBatch,
  type Residence,
  ShapeError,
  type Weight,
} from "@realizar/tensor";
import { kvCache } from "./kv-cache.ts";
import { data, eagerOps, identity } from "./ops.ts";
import { type LoadedWeight, loadWeights } from "./weights.ts";

export interface ReferenceOptions {
  /** Whether each verb's result stays in f64 (the default) or is rounded to f32. */
  readonly precision?: "f64" | "f32";
}

/**
 * The specification of the verbs: f64 arithmetic over the dequantized weights, one number after the other.
 * For tests and small models: it is some hundred times slower than kernels.
 */
export function referenceBackend({ precision = "f64" }: ReferenceOptions = {}): Backend {
  return {
    name: "reference",
    dtypes: new Set(Object.keys(DTYPES) as DtypeName[]),
    kvTypes: new Set(["f32", "f16", "q8_0", "q16"]),
    load: (request) => load(request, precision === "f32" ? Math.fround : identity),
  };
}

async function load(request: LoadRequest, round: (value: number) => number): Promise<Residence> {
  const weights = await loadWeights(request);
  const cache = kvCache(request.kv);
  return {
    bytes: bytesOf(weights, request),
    threads: 1,
    forward(batch, output = "logits") {
      checkBatch(batch, request);
      const build = output === "hidden" ? request.buildHidden : request.build;
      if (!build) throw new ShapeError("forward", "this model has no program for hidden states");
      const ops = eagerOps(batch, weights, cache, round);
      return new Float32Array(data(build(ops, (name) => weightOf(weights, name))).data);
    },
    close() {},
  };
}

function weightOf(weights: ReadonlyMap<string, LoadedWeight>, name: string): Weight {
  const weight = weights.get(name);
  if (!weight) throw new ShapeError("weight", `no weight is named "${name}"`);
  return { name, dtype: weight.dtype, shape: weight.shape };
}

/** f32 weights and two f64 pools a layer. */
function bytesOf(weights: ReadonlyMap<string, LoadedWeight>, { kv }: LoadRequest): number {
  let bytes = 0;
  for (const { data } of weights.values()) bytes += data.byteLength;
  for (let layer = 0; layer < kv.layers; layer++) {
    bytes += 2 * 8 * kv.pages * PAGE_SIZE * kv.kvHeads[layer]! * kv.headDim[layer]!;
  }
  return bytes;
}

/** What RaggedBatch promises. */
function checkBatch(batch: RaggedBatch, request: LoadRequest): void {
  const wrong = (what: string) => new ShapeError("forward", what);
  const rows = batch.tokens.length;
  if (batch.positions.length !== rows || batch.sequences.length !== rows) {
    throw wrong(`${rows} tokens, ${batch.positions.length} positions, ${batch.sequences.length} sequences`);
  }
  if (rows > request.maxRows) throw wrong(`${rows} rows, at most ${request.maxRows} were asked for`);
  if (batch.logitRows.length > request.maxOutputRows) {
    throw wrong(`${batch.logitRows.length} output rows, at most ${request.maxOutputRows} were asked for`);
  }
  for (const position of batch.positions) {
    if (position < 0 || position >= request.contextSize) {
      throw wrong(`position ${position} is outside the context of ${request.contextSize}`);
    }
  }
  for (const row of batch.logitRows) {
    if (row < 0 || row >= rows) throw wrong(`row ${row} of ${rows} is wanted`);
  }
  for (const page of batch.pageTables.flatMap((table) => [...table])) {
    if (page < 0 || page >= request.kv.pages) throw wrong(`page ${page} of ${request.kv.pages}`);
  }
}
