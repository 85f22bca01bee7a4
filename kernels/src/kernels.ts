import { binaries } from "../build/binaries.ts";

/** What a compiled module exports. Pointers are byte addresses in the imported memory. */
export interface KernelExports {
  /** Runs the program at `pc` as thread `rank` of `threads`; see ops.ts. */
  run(pc: number, barrier: number, rank: number, threads: number): void;
  /** Waits until the word at `work` is not `seen`: `spins` polls, then asleep. Returns the new value. */
  wait_for_work(work: number, seen: number, spins: number): number;
  /** Stores `value` at `work` and wakes sleepers. */
  publish_work(work: number, value: number): void;
  /** Bytes of 16 packed rows of a weight; 0 where the GGML type has no kernels. */
  group_bytes(type: number, columns: number): number;
  /** Bytes of one KV head's keys in a page of 16 positions; type 0 f32, 1 f16, 2 q8_0. */
  key_head_bytes(type: number, headDim: number): number;
  /** The same of its values. */
  value_head_bytes(type: number, headDim: number): number;
}

export interface KernelVariant {
  readonly simd: "relaxed" | "simd";
  readonly memory: "threads" | "single";
}

/** (module (func (result v128) (i32x4.relaxed_dot_i8x16_i7x16_add_s v v v))): valid where relaxed SIMD is. */
const RELAXED_PROBE = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 0, 253, 15, 65, 0,
  253, 15, 253, 146, 2, 11,
]);

export function relaxedSimdSupported(): boolean {
  return WebAssembly.validate(RELAXED_PROBE);
}

/** Shared memory can be made: always on servers, in a page only where it is cross-origin isolated. */
export function sharedMemorySupported(): boolean {
  return (
    typeof SharedArrayBuffer !== "undefined" &&
    (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false
  );
}

/** The fastest variant that this runtime can run. All give the same bits. */
export function bestVariant(): KernelVariant {
  return {
    simd: relaxedSimdSupported() ? "relaxed" : "simd",
    memory: sharedMemorySupported() ? "threads" : "single",
  };
}

export function compileKernels(variant: KernelVariant): WebAssembly.Module {
  const text = atob(binaries[`${variant.simd}-${variant.memory}`]);
  return new WebAssembly.Module(Uint8Array.from(text, (c) => c.charCodeAt(0)));
}

export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
}
