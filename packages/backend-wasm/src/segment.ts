import { instantiateKernels, type KernelExports } from "@realizar/kernels";
import { MemoryExceededError, type RopeSpec } from "@realizar/tensor";
import type { Engine } from "./engine.ts";
import { adviseHugePages } from "./huge-pages-bun.ts";
import { aligned, type SegmentLayout, WASM_PAGE } from "./memory.ts";
import { fillRopeRows, ropeKey, ropeRowBytes } from "./rope-table.ts";

/** A memory with thread 0's kernels and views of it. */
export interface Segment {
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelExports;
  readonly layout: SegmentLayout;
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  /** By ropeKey: tables, and how many positions of each are filled. */
  readonly ropes: Map<string, { readonly spec: RopeSpec; readonly address: number; filled: number }>;
}

/** @throws MemoryExceededError where the runtime cannot give the memory */
export function makeSegment(engine: Engine, layout: SegmentLayout): Segment {
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
  adviseHugePages(memory.buffer, layout.weights, layout.end);
  return {
    memory,
    kernels: instantiateKernels(engine.module, memory),
    layout,
    words: new Uint32Array(memory.buffer),
    floats: new Float32Array(memory.buffer),
    ropes: new Map(),
  };
}

/** Address of a spec's table; the first asking reserves it. */
export function ropeAddress(segment: Segment, spec: RopeSpec, contextSize: number): number {
  const key = ropeKey(spec);
  const known = segment.ropes.get(key);
  if (known !== undefined) return known.address;
  let address = segment.layout.tables;
  for (const other of segment.ropes.values()) address += aligned(ropeRowBytes(other.spec) * contextSize);
  segment.ropes.set(key, { spec, address, filled: 0 });
  return address;
}

/** Fills every table for positions below `length`. */
export function fillRopes(segment: Segment, length: number): void {
  for (const rope of segment.ropes.values()) {
    if (rope.filled >= length) continue;
    fillRopeRows(segment.floats, rope.address, rope.spec, rope.filled, length);
    rope.filled = length;
  }
}
