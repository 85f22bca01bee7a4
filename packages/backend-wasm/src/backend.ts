import {
  bestVariant,
  COMMAND_WORDS,
  compileKernels,
  instantiateKernels,
  type KernelExports,
  type KernelVariant,
  OPS,
  type OpArguments,
  type OpName,
  writeCommand,
} from "@realizar/kernels";
import {
  type Backend,
  DTYPES,
  type DtypeName,
  KernelTrapError,
  type KvType,
  type LoadRequest,
  MemoryExceededError,
  NonFiniteWeightError,
  type RaggedBatch,
  type Residence,
  type RopeSpec,
  type Weight,
} from "@realizar/tensor";
import { placeBuffers } from "./arena.ts";
import { batchRegion, writeBatch } from "./batch-region.ts";
import {
  aligned,
  CONTROL,
  layoutSegment,
  MAX_PARTS,
  PROGRAM_SLOTS,
  type SegmentLayout,
  WASM_PAGE,
} from "./memory.ts";
import { placeLayers } from "./placement.ts";
import { startPool } from "./pool.ts";
import { type Argument, type Recording, record, strideOf } from "./recorder.ts";
import { fillRopeRows, ropeKey, ropeRowBytes } from "./rope-table.ts";
import { residentBytes, uploadMatrix, uploadVector, VECTOR_READERS, windowNeeded } from "./upload.ts";

export interface WasmBackendOptions {
  /** Threads that compute, the caller's own included. Without shared memory it is always one. */
  readonly threads?: number;
  /** Kernels to use; the fastest that the runtime can run by default. All give the same bits. */
  readonly variant?: KernelVariant;
  /** Most bytes of one segment; for tests of models that need several. */
  readonly segmentBytes?: number;
}

/** The kernels' numbers of KV types (kernels/assembly/ops/kv.ts). */
const KV_TYPES: Record<KvType, number> = { f32: 0, f16: 1, q8_0: 2 };

const IDLE_SPINS = 20_000;

interface Segment {
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelExports;
  readonly layout: SegmentLayout;
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  readonly ropes: Map<string, { spec: RopeSpec; address: number; filled: number }>;
}

/** A recorded step, ready to run: for each part the segment, its program, and the copies to make before it. */
interface Step {
  readonly parts: readonly {
    segment: number;
    program: number;
    copies: readonly { from: number; fromSegment: number; to: number; bytes: number }[];
  }[];
  readonly output: { segment: number; address: number; rows: number; columns: number };
}

/** The WASM SIMD backend. */
export function wasmBackend(options: WasmBackendOptions = {}): Backend {
  const variant = options.variant ?? bestVariant();
  const threads = variant.memory === "threads" ? Math.max(1, Math.floor(options.threads ?? 1)) : 1;
  const module = compileKernels(variant);
  const probe = instantiateKernels(
    module,
    new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: variant.memory === "threads" }),
  );
  const groupBytes = (dtype: DtypeName, columns: number) =>
    probe.group_bytes(DTYPES[dtype].id, columns) >>> 0;
  const dtypes = new Set((Object.keys(DTYPES) as DtypeName[]).filter((name) => groupBytes(name, 256) > 0));
  return {
    name: `wasm-${variant.simd}-${variant.memory}`,
    dtypes,
    kvTypes: new Set(Object.keys(KV_TYPES) as KvType[]),
    load: (request) =>
      loadModel(request, {
        module,
        kernels: probe,
        variant,
        threads,
        groupBytes,
        segmentBytes: options.segmentBytes,
      }),
  };
}

interface Engine {
  readonly module: WebAssembly.Module;
  readonly kernels: KernelExports;
  readonly variant: KernelVariant;
  readonly threads: number;
  groupBytes(dtype: DtypeName, columns: number): number;
  readonly segmentBytes: number | undefined;
}

async function loadModel(request: LoadRequest, engine: Engine): Promise<Residence> {
  const { threads, groupBytes } = engine;
  const { kv } = request;
  const region = batchRegion(request.maxRows, request.maxOutputRows, request.contextSize);
  const sources = new Map(request.weights.map((source) => [source.name, source]));
  const weightOf = (name: string): Weight => {
    const source = sources.get(name);
    if (source === undefined)
      throw new RangeError(`the model asked for the weight "${name}" that it did not declare`);
    return source;
  };
  const kvType = KV_TYPES[kv.type];
  const keyBytes = (layer: number) =>
    kv.pages * kv.kvHeads[layer]! * engine.kernels.key_head_bytes(kvType, kv.headDim[layer]!);
  const valueBytes = (layer: number) =>
    kv.pages * kv.kvHeads[layer]! * engine.kernels.value_head_bytes(kvType, kv.headDim[layer]!);
  const builds = { logits: request.build, hidden: request.buildHidden };
  const recordStep = (
    output: "logits" | "hidden",
    rows: number,
    outputRows: number,
    placement: { weight(name: string): number; layer(layer: number): number },
  ): Recording => {
    const build = builds[output];
    if (build === undefined) throw new RangeError("this model has no hidden-state output");
    return record(
      {
        rows,
        outputRows,
        segmentOfWeight: placement.weight,
        segmentOfLayer: placement.layer,
        kvType,
        groupBytes,
      },
      (ops) => build(ops, weightOf),
    );
  };

  // Largest step, in one segment: sizes of what each segment needs besides weights and KV pages.
  const outputs = request.buildHidden === undefined ? (["logits"] as const) : (["logits", "hidden"] as const);
  const largest = outputs.map((output) =>
    recordStep(output, request.maxRows, request.maxOutputRows, { weight: () => 0, layer: () => 0 }),
  );
  const vocabSize = Math.min(...largest.map((r) => r.vocabSize));
  const programBytes = aligned((Math.max(...largest.map((r) => r.nodes.length)) + 2) * COMMAND_WORDS * 4);
  const arenaBytes = Math.max(
    ...largest.map((r) => placeBuffers(r.buffers)),
    ...request.weights.map(windowNeeded),
    1 << 20,
  );
  const ropeBytes = new Map(
    largest
      .flatMap((r) => r.ropes)
      .map(({ spec }) => [ropeKey(spec), aligned(ropeRowBytes(spec) * request.contextSize)]),
  );
  const tables = [...ropeBytes.values()].reduce((a, b) => a + b, 0);
  const scratch = Math.max(...largest.map((r) => r.scratchBytes)) * threads;
  const fixed = {
    programs: programBytes * (1 + PROGRAM_SLOTS),
    batch: region.words * 4,
    tables,
    scratch,
    arena: arenaBytes,
  };
  const overhead = layoutSegment({ ...fixed, kv: 0, weights: 0 }).end + 65536;
  const bytesOf = (source: (typeof request.weights)[number]) => residentBytes(source, groupBytes);
  const placement = placeLayers(
    request,
    bytesOf,
    (layer) => aligned(keyBytes(layer)) + aligned(valueBytes(layer)),
    overhead,
    engine.segmentBytes,
  );
  if (placement.segments > MAX_PARTS / 2)
    throw new MemoryExceededError("the model", placement.segments, MAX_PARTS / 2);
  const segmentOf = {
    weight: (name: string) => placement.segmentOfWeight.get(name) ?? 0,
    layer: (layer: number) => placement.segmentOfLayer.get(layer) ?? 0,
  };

  // Addresses of weights and KV pages.
  const weightAddress = new Map<string, number>();
  const keyAddress: number[] = [];
  const valueAddress: number[] = [];
  const segments: Segment[] = [];
  for (let s = 0; s < placement.segments; s++) {
    let kvBytes = 0;
    for (let layer = 0; layer < kv.layers; layer++) {
      if (segmentOf.layer(layer) !== s) continue;
      keyAddress[layer] = kvBytes;
      valueAddress[layer] = kvBytes + aligned(keyBytes(layer));
      kvBytes += aligned(keyBytes(layer)) + aligned(valueBytes(layer));
    }
    const mine = request.weights.filter((source) => segmentOf.weight(source.name) === s);
    const layout = layoutSegment({
      ...fixed,
      kv: kvBytes,
      weights: mine.reduce((sum, source) => sum + aligned(bytesOf(source)), 0),
    });
    for (let layer = 0; layer < kv.layers; layer++) {
      if (segmentOf.layer(layer) !== s) continue;
      keyAddress[layer]! += layout.kv;
      valueAddress[layer]! += layout.kv;
    }
    let address = layout.weights;
    for (const source of mine) {
      weightAddress.set(source.name, address);
      address += aligned(bytesOf(source));
    }
    segments.push(makeSegment(engine, layout));
  }

  const first = segments[0]!;
  const control = {
    work: CONTROL.work,
    parts: CONTROL.parts,
    barrier: CONTROL.barrier,
    failed: CONTROL.failed,
  };
  const pool = await startPool({
    module: engine.module,
    memories: segments.map((s) => s.memory),
    threads,
    control,
    spins: IDLE_SPINS,
  });
  let generation = 0;
  let closed = false;
  let trapped: KernelTrapError | undefined;

  /** Publishes the parts to the threads and runs thread 0's share. */
  const execute = (parts: Step["parts"]) => {
    if (trapped !== undefined) throw trapped;
    const at = CONTROL.parts >>> 2;
    first.words[at] = parts.length;
    for (const [i, part] of parts.entries()) {
      first.words[at + 1 + i * 2] = part.segment;
      first.words[at + 2 + i * 2] = part.program;
    }
    generation = (generation + 1) | 0;
    if (threads > 1) first.kernels.publish_work(CONTROL.work, generation);
    let running = first;
    try {
      for (const part of parts) {
        running = segments[part.segment]!;
        for (const copy of part.copies) {
          new Uint8Array(running.memory.buffer, copy.to, copy.bytes).set(
            new Uint8Array(segments[copy.fromSegment]!.memory.buffer, copy.from, copy.bytes),
          );
        }
        running.kernels.run(part.program, CONTROL.barrier, 0, threads);
      }
    } catch (error) {
      for (const segment of segments)
        Atomics.store(new Int32Array(segment.memory.buffer), CONTROL.failed >>> 2, 1);
      const opcode = running.words[running.words[CONTROL.running >>> 2]! >>> 2];
      const op = Object.entries(OPS).find(([, [code]]) => code === opcode)?.[0] ?? "unknown";
      trapped = new KernelTrapError(op, error);
      throw trapped;
    }
  };

  const close = () => {
    if (closed) return;
    closed = true;
    steps.clear();
    if (threads > 1) {
      first.words[CONTROL.parts >>> 2] = 0;
      first.kernels.publish_work(CONTROL.work, (generation + 1) | 0);
    }
    pool.close();
  };

  // Weights.
  const steps = new Map<string, Step>();
  try {
    const totalBytes = request.weights.reduce((sum, source) => sum + sourceBytes(source), 0);
    let loadedBytes = 0;
    const onBytes = (bytes: number) => {
      loadedBytes += bytes;
      request.onProgress?.({ loadedBytes, totalBytes });
    };
    for (const source of request.weights) {
      request.signal?.throwIfAborted();
      const s = segmentOf.weight(source.name);
      const segment = segments[s]!;
      const target = {
        memory: segment.memory,
        window: segment.layout.arena,
        windowBytes: segment.layout.sizes.arena,
        address: weightAddress.get(source.name)!,
        program: segment.layout.programs,
        run: () => execute([{ segment: s, program: segment.layout.programs, copies: [] }]),
        groupBytes,
      };
      if (source.use === "matrix") {
        await uploadMatrix(source, target, onBytes);
        continue;
      }
      if (VECTOR_READERS[source.dtype] === undefined)
        throw new RangeError(
          `"${source.name}" is a vector of type ${source.dtype}: only F32, F16 and BF16 are read`,
        );
      const values = await uploadVector(source, target, onBytes);
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) throw new NonFiniteWeightError(source.name, bad);
    }
  } catch (error) {
    close();
    throw error;
  }

  /** Addresses for a recording: places its buffers and writes its programs into slot `slot`. */
  const emit = (recording: Recording, slot: number): Step => {
    for (const [s, segment] of segments.entries()) {
      const size = placeBuffers(recording.buffers.filter((buffer) => buffer.segment === s));
      if (size > segment.layout.sizes.arena)
        throw new MemoryExceededError("a step", size, segment.layout.sizes.arena);
    }
    const addressIn = (segment: Segment, argument: Argument): number => {
      if (typeof argument === "number") return argument;
      switch (argument.in) {
        case "buffer":
          return segment.layout.arena + argument.buffer.offset + argument.plus;
        case "weight":
          return weightAddress.get(argument.weight.name)!;
        case "batch":
          return segment.layout.batch + region[argument.array] * 4;
        case "rope":
          return ropeAddress(segment, argument.spec);
        case "keys":
          return keyAddress[argument.layer]!;
        case "values":
          return valueAddress[argument.layer]!;
        case "scratch":
          return segment.layout.scratch;
      }
    };
    const parts: {
      segment: number;
      program: number;
      copies: { from: number; fromSegment: number; to: number; bytes: number }[];
    }[] = [];
    const written = segments.map((segment) => segment.layout.programs + (1 + slot) * programBytes);
    const finish = () => {
      const part = parts.at(-1);
      if (part === undefined) return;
      segments[part.segment]!.words[written[part.segment]! >>> 2] = 0;
      written[part.segment]! += COMMAND_WORDS * 4;
    };
    const begin = (segment: number) => {
      finish();
      parts.push({ segment, program: written[segment]!, copies: [] });
      // Threads meet before the part's first command, so that copies into the segment are seen by all.
      if (parts.length > 1) command(segment, "meet", {});
    };
    const command = (s: number, op: OpName, args: Record<string, Argument>) => {
      const segment = segments[s]!;
      const values = Object.fromEntries(
        Object.entries(args).map(([name, value]) => [name, addressIn(segment, value)]),
      );
      writeCommand(segment.words, segment.floats, written[s]! >>> 2, op, values as OpArguments<OpName>);
      written[s]! += COMMAND_WORDS * 4;
    };
    for (const node of recording.nodes) {
      if (node.kind === "copy") {
        if (parts.at(-1)?.segment !== node.to.segment || !parts.at(-1)!.copies.length) begin(node.to.segment);
        parts.at(-1)!.copies.push({
          from: segments[node.from.segment]!.layout.arena + node.from.offset,
          fromSegment: node.from.segment,
          to: segments[node.to.segment]!.layout.arena + node.to.offset,
          bytes: node.to.bytes,
        });
        continue;
      }
      if (parts.at(-1)?.segment !== node.segment) begin(node.segment);
      command(node.segment, node.op, node.args);
    }
    finish();
    const { buffer, rows, columns } = recording.output;
    return {
      parts,
      output: {
        segment: buffer.segment,
        address: segments[buffer.segment]!.layout.arena + buffer.offset,
        rows,
        columns,
      },
    };
  };

  const ropeAddress = (segment: Segment, spec: RopeSpec): number => {
    const key = ropeKey(spec);
    const known = segment.ropes.get(key);
    if (known !== undefined) return known.address;
    let address = segment.layout.tables;
    for (const other of segment.ropes.values())
      address += aligned(ropeRowBytes(other.spec) * request.contextSize);
    segment.ropes.set(key, { spec, address, filled: 0 });
    return address;
  };

  const slotOf = new Map<string, number>();
  const stepFor = (output: "logits" | "hidden", rows: number, outputRows: number): Step => {
    const key = `${output}:${rows}:${outputRows}`;
    const known = steps.get(key);
    if (known !== undefined) {
      steps.delete(key);
      steps.set(key, known);
      return known;
    }
    let slot = steps.size;
    if (slot >= PROGRAM_SLOTS) {
      const [oldest] = steps.keys();
      slot = slotOf.get(oldest!)!;
      steps.delete(oldest!);
      slotOf.delete(oldest!);
    }
    const step = emit(recordStep(output, rows, outputRows, segmentOf), slot);
    steps.set(key, step);
    slotOf.set(key, slot);
    return step;
  };

  return {
    bytes: segments.reduce((sum, segment) => sum + segment.layout.end, 0),
    threads,
    close,
    forward(batch: RaggedBatch, output = "logits") {
      if (closed) throw new RangeError("the model is closed");
      const rows = batch.tokens.length;
      let furthest = 0;
      for (let r = 0; r < rows; r++) {
        furthest = Math.max(furthest, batch.positions[r]! + 1);
        const token = batch.tokens[r]!;
        if (token < 0 || token >= vocabSize)
          throw new RangeError(`token ${token} is not in the vocabulary of ${vocabSize}`);
      }
      for (const table of batch.pageTables) {
        for (const page of table)
          if (page < 0 || page >= kv.pages)
            throw new RangeError(`page ${page} is not one of the ${kv.pages} pages`);
      }
      if (
        rows > request.maxRows ||
        batch.logitRows.length > request.maxOutputRows ||
        furthest > request.contextSize
      ) {
        throw new RangeError(
          `a batch of ${rows} rows, ${batch.logitRows.length} outputs and positions to ${furthest} exceeds what was loaded`,
        );
      }
      const step = stepFor(output, rows, batch.logitRows.length);
      for (const segment of segments) {
        writeBatch(new Int32Array(segment.memory.buffer), segment.layout.batch, region, batch);
        for (const rope of segment.ropes.values()) {
          if (rope.filled >= furthest) continue;
          fillRopeRows(segment.floats, rope.address, rope.spec, rope.filled, furthest);
          rope.filled = furthest;
        }
      }
      execute(step.parts);
      const { segment, address, columns } = step.output;
      const stride = strideOf(columns) / 4;
      const view = segments[segment]!.floats;
      const at = address >>> 2;
      if (stride === columns) return view.subarray(at, at + batch.logitRows.length * columns);
      const dense = new Float32Array(batch.logitRows.length * columns);
      for (let r = 0; r < batch.logitRows.length; r++)
        dense.set(view.subarray(at + r * stride, at + r * stride + columns), r * columns);
      return dense;
    },
  };
}

function sourceBytes(source: LoadRequest["weights"][number]): number {
  const { blockLength, blockBytes } = DTYPES[source.dtype];
  return (source.shape.reduce((a, b) => a * b, 1) / blockLength) * blockBytes;
}

function makeSegment(engine: Engine, layout: SegmentLayout): Segment {
  const pages = Math.ceil(layout.end / WASM_PAGE);
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({
      initial: pages,
      maximum: pages,
      shared: engine.variant.memory === "threads",
    });
  } catch {
    throw new MemoryExceededError("a segment", layout.end, 0);
  }
  return {
    memory,
    kernels: instantiateKernels(engine.module, memory),
    layout,
    words: new Uint32Array(memory.buffer),
    floats: new Float32Array(memory.buffer),
    ropes: new Map(),
  };
}
