import type { KernelExports, KernelVariant } from "@realizar/kernels";
import type { DtypeName } from "@realizar/tensor";

/** The compiled kernels and what they can tell of sizes. */
export interface Engine {
  readonly module: WebAssembly.Module;
  readonly kernels: KernelExports;
  readonly variant: KernelVariant;
  readonly threads: number;
  /** Threads that pack the weights of a model of at least leastPacked bytes of them. */
  readonly packThreads: number;
  readonly leastPacked: number;
  /** Bytes of 16 packed rows; 0 for a type without kernels. */
  groupBytes(dtype: DtypeName, columns: number): number;
  /** Groups of 16 rows that one token's products read in turn. */
  readonly streams: number;
  /** Multiplications a command, on average, from which threads share a step. */
  readonly leastShared: number;
  /** Most bytes of one segment. */
  readonly segmentBytes: number | undefined;
}
