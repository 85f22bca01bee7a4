/**
 * A segment: one WebAssembly memory of at most 4 GiB, with everything that the layers placed in it need.
 *
 *   address 0
 *   | control   | barrier, work word, parts of the current step (segment 0 only)
 *   | programs  | the loader's programs, then PROGRAM_SLOTS recorded steps
 *   | batch     | tokens, positions, sequences, lengths, output rows, page tables
 *   | tables    | rope: (cos, sin) of each position
 *   | scratch   | attention's running state, per thread
 *   | arena     | activations; while loading, the window that weights are read into
 *   | kv        | per layer: K pages, V pages
 *   | weights   | packed groups of 16 rows; vectors as f32
 *
 * Only touched pages of a memory are resident, so an empty KV cache costs nothing.
 */
export interface SegmentSizes {
  readonly programs: number;
  readonly batch: number;
  readonly tables: number;
  readonly scratch: number;
  readonly arena: number;
  readonly kv: number;
  readonly weights: number;
}

export interface SegmentLayout {
  readonly sizes: SegmentSizes;
  readonly programs: number;
  readonly batch: number;
  readonly tables: number;
  readonly scratch: number;
  readonly arena: number;
  readonly kv: number;
  readonly weights: number;
  readonly end: number;
}

/** Words of the control block, byte addresses; each on its own cache line (kernels/assembly/barrier.ts). */
export const CONTROL = {
  /** Arrivals, +64 the round, +128 failure, +192 the command that thread 0 is running. */
  barrier: 64,
  failed: 192,
  running: 256,
  /** Generation of submitted steps, +64 sleepers. */
  work: 512,
  /** While loading: thread 0 has packed up to this address, and how many threads have ended touching what follows. */
  packed: 640,
  touched: 704,
  /** Number of parts of the step, then (segment, program address) of each. A count of 0 ends the threads. */
  parts: 1024,
  bytes: 16384,
} as const;

export const MAX_PARTS = 256;
/**
 * A thread may still be about to read the end mark of the program that ran last, so that one is never the next to be
 * overwritten: the loader has a slot of its own, and steps are evicted oldest first.
 */
export const PROGRAM_SLOTS = 24;
export const WASM_PAGE = 65536;
/** A memory's most pages: 4 GiB less one page, so that every end address fits 32 bits. */
export const MAX_SEGMENT_BYTES = 65535 * WASM_PAGE;

const ALIGN = 256;

export function aligned(bytes: number, to = ALIGN): number {
  return Math.ceil(bytes / to) * to;
}

export function layoutSegment(sizes: SegmentSizes): SegmentLayout {
  const programs = CONTROL.bytes;
  const batch = programs + aligned(sizes.programs);
  const tables = batch + aligned(sizes.batch);
  const scratch = tables + aligned(sizes.tables);
  const arena = scratch + aligned(sizes.scratch);
  const kv = arena + aligned(sizes.arena);
  const weights = kv + aligned(sizes.kv);
  return {
    sizes,
    programs,
    batch,
    tables,
    scratch,
    arena,
    kv,
    weights,
    end: weights + aligned(sizes.weights),
  };
}
