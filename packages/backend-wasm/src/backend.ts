import { bestVariant, compileKernels, instantiateKernels, type KernelVariant } from "@realizar/kernels";
import {
  type Backend,
  DTYPES,
  type DtypeName,
  type KvType,
  type LoadRequest,
  type RaggedBatch,
  type Residence,
  type Weight,
} from "@realizar/tensor";
import { writeBatch } from "./batch-region.ts";
import { emitStep } from "./emit.ts";
import type { Engine } from "./engine.ts";
import { createExecutor, type Executor } from "./executor.ts";
import { loadWeights } from "./load-weights.ts";
import { KV_TYPES, type MemoryPlan, planMemory } from "./memory-plan.ts";
import { record } from "./recorder.ts";
import { type Recording, strideOf } from "./recording.ts";
import { fillRopes, makeSegment, type Segment } from "./segment.ts";
import type { Step } from "./step.ts";
import { createStepCache } from "./step-cache.ts";
import { defaultStreams } from "./streams.ts";

export interface WasmBackendOptions {
  /** Threads that compute, the caller's own included. Without shared memory, and on the main thread of a page, it is always one. */
  readonly threads?: number;
  /** Threads that pack a large model's weights while it loads, if more; `threads` by default. They end with the loading. */
  readonly packThreads?: number;
  /** Bytes of weights from which a model is large to `packThreads`; 64 MiB by default. */
  readonly leastPacked?: number;
  /** Kernels to use; the fastest that the runtime can run by default. All give the same bits. */
  readonly variant?: KernelVariant;
  /**
   * Multiplications a command, on average, from which threads share a step; below, meeting after each command costs
   * more than sharing saves, and thread 0 works alone. 16,000 by default: one to two microseconds. The bits are the same.
   */
  readonly leastShared?: number;
  /**
   * Groups of 16 rows that one token's products read in turn, 1 to 64: memory is read ahead in as many places. What the
   * processor reads fastest by default. The bits are the same.
   */
  readonly streams?: number;
  /** Most bytes of one segment; for tests of models that need several. */
  readonly segmentBytes?: number;
}

/** Whether this thread may sleep until others have done their part: the main thread of a page may not. */
function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

/** The WASM SIMD backend. */
export function wasmBackend(options: WasmBackendOptions = {}): Backend {
  const variant = options.variant ?? bestVariant();
  const shared = variant.memory === "threads";
  const module = compileKernels(variant);
  const kernels = instantiateKernels(module, new WebAssembly.Memory({ initial: 1, maximum: 65536, shared }));
  const several = shared && mayWait();
  const threads = several ? Math.max(1, Math.floor(options.threads ?? 1)) : 1;
  const engine: Engine = {
    module,
    kernels,
    variant,
    threads,
    packThreads: several ? Math.max(threads, Math.floor(options.packThreads ?? 1)) : 1,
    groupBytes: (dtype, columns) => kernels.group_bytes(DTYPES[dtype].id, columns) >>> 0,
    leastPacked: options.leastPacked ?? 64 << 20,
    streams: Math.max(1, Math.min(64, Math.floor(options.streams ?? defaultStreams()))),
    leastShared: options.leastShared ?? 16_000,
    segmentBytes: options.segmentBytes,
  };
  return {
    name: `wasm-${variant.simd}-${variant.memory}`,
    dtypes: new Set((Object.keys(DTYPES) as DtypeName[]).filter((name) => engine.groupBytes(name, 256) > 0)),
    kvTypes: new Set(Object.keys(KV_TYPES) as KvType[]),
    load: (request) => loadModel(request, engine),
  };
}

type Output = "logits" | "hidden";

async function loadModel(request: LoadRequest, engine: Engine): Promise<Residence> {
  const outputs: readonly Output[] = request.buildHidden === undefined ? ["logits"] : ["logits", "hidden"];
  const recordIn = recorderOf(request, engine);
  const oneSegment = { segmentOfWeight: () => 0, segmentOfLayer: () => 0 };
  const largest = outputs.map((output) =>
    recordIn(oneSegment, output, request.maxRows, request.maxOutputRows),
  );
  const plan = planMemory(request, engine, largest);
  const segments = plan.layouts.map((layout) => makeSegment(engine, layout));
  const executor = await loaded(request, engine, plan, segments);

  const stepFor = createStepCache((key, slot) => {
    const [output, rows, outputRows] = key.split(":");
    const recording = recordIn(plan, output as Output, Number(rows), Number(outputRows));
    return emitStep(recording, slot, plan, segments, request.contextSize, engine.leastShared);
  });
  let closed = false;
  return {
    bytes: segments.reduce((sum, { layout }) => sum + layout.end, 0),
    threads: engine.threads,
    forward(batch, output = "logits") {
      if (closed) throw new RangeError("the model is closed");
      const length = checkBatch(batch, request, plan);
      const step = stepFor(`${output}:${batch.tokens.length}:${batch.logitRows.length}`);
      for (const segment of segments) {
        writeBatch(segment.words, segment.layout.batch, plan.region, batch);
        fillRopes(segment, length);
      }
      executor.run(step.parts, step.alone);
      return outputOf(step, segments);
    },
    close() {
      if (closed) return;
      closed = true;
      executor.close();
    },
  };
}

/** Loads the weights and gives what runs steps. Packing takes all cores, of which the first touch of memory is the most. */
async function loaded(
  request: LoadRequest,
  engine: Engine,
  plan: MemoryPlan,
  segments: readonly Segment[],
): Promise<Executor> {
  const weightBytes = segments.reduce((sum, { layout }) => sum + layout.sizes.weights, 0);
  const large = weightBytes >= engine.leastPacked && engine.packThreads > engine.threads;
  const packing = large ? { ...engine, threads: engine.packThreads } : engine;
  const packer = await createExecutor(packing, segments);
  try {
    await loadWeights(request, packing, plan, segments, packer);
    if (packing === engine) return packer;
  } catch (error) {
    packer.close();
    throw error;
  }
  await packer.leave();
  return createExecutor(engine, segments);
}

type Placed = Pick<MemoryPlan, "segmentOfWeight" | "segmentOfLayer">;

/** Records the model's programs for any shape of batch and any placement. */
function recorderOf(request: LoadRequest, { groupBytes, streams }: Engine) {
  const sources = new Map(request.weights.map((source) => [source.name, source]));
  const weight = (name: string): Weight => {
    const source = sources.get(name);
    if (source === undefined)
      throw new RangeError(`the model asked for the weight "${name}" that it did not declare`);
    return source;
  };
  const builds = { logits: request.build, hidden: request.buildHidden };
  return (
    { segmentOfWeight, segmentOfLayer }: Placed,
    output: Output,
    rows: number,
    outputRows: number,
  ): Recording => {
    const build = builds[output];
    if (build === undefined) throw new RangeError("this model has no hidden-state output");
    const options = {
      rows,
      outputRows,
      segmentOfWeight,
      segmentOfLayer,
      kvType: KV_TYPES[request.kv.type],
      groupBytes,
      streams,
    };
    return record(options, (ops) => build(ops, weight));
  };
}

/**
 * Every id that a kernel will use as an index, checked.
 * @returns one past the furthest position
 */
function checkBatch(batch: RaggedBatch, request: LoadRequest, { vocabSize }: MemoryPlan): number {
  const rows = batch.tokens.length;
  let length = 0;
  for (let r = 0; r < rows; r++) {
    length = Math.max(length, batch.positions[r]! + 1);
    const token = batch.tokens[r]!;
    if (token < 0 || token >= vocabSize)
      throw new RangeError(`token ${token} is not in the vocabulary of ${vocabSize}`);
  }
  const { pages } = request.kv;
  for (const table of batch.pageTables) {
    for (let i = 0; i < table.length; i++) {
      if (table[i]! < 0 || table[i]! >= pages)
        throw new RangeError(`page ${table[i]} is not one of the ${pages} pages`);
    }
  }
  const outputRows = batch.logitRows.length;
  if (rows > request.maxRows || outputRows > request.maxOutputRows || length > request.contextSize) {
    throw new RangeError(
      `a batch of ${rows} rows, ${outputRows} outputs and positions to ${length} exceeds what was loaded`,
    );
  }
  return length;
}

/** [rows, columns] of a step that has run: a view where rows are not padded, else a copy. */
function outputOf({ output }: Step, segments: readonly Segment[]): Float32Array {
  const { segment, address, rows, columns } = output;
  const { floats } = segments[segment]!;
  const stride = strideOf(columns) / 4;
  const at = address >>> 2;
  if (stride === columns) return floats.subarray(at, at + rows * columns);
  const dense = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++)
    dense.set(floats.subarray(at + r * stride, at + r * stride + columns), r * columns);
  return dense;
}
