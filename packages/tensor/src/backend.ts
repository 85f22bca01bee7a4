import type { RaggedBatch } from "./batch.ts";
import type { DtypeName } from "./dtypes.ts";
import type { Tensor, Weight } from "./handle.ts";
import type { Ops } from "./ops.ts";

/** A weight to load. `readInto` fills dst with the tensor's bytes (GGML blocks, row-major) from `offset` on. */
export interface WeightSource {
  readonly name: string;
  readonly dtype: DtypeName;
  readonly shape: readonly number[];
  /**
   * What it is used for: a vector is kept as f32 (norms, biases, sinks), a matrix in the kernels' layout.
   */
  readonly use: "vector" | "matrix";
  /** The layer whose neighbour it should be: -1 before the first, `layers` after the last. */
  readonly layer: number;
  readInto(dst: Uint8Array, offset: number): void | Promise<void>;
}

/** Shape of the KV cache: one pair of pools a layer. */
export interface KvShape {
  readonly layers: number;
  /** [layers] KV heads and head sizes. */
  readonly kvHeads: readonly number[];
  readonly headDim: readonly number[];
  readonly pages: number;
  readonly type: KvType;
}

/**
 * Number types of a KV cache. q16: 16-bit integers within +-8191, a scale for 32 numbers of K and for a head's V; closer
 * to f32 than f16 is, and faster than all.
 */
export type KvType = "f32" | "f16" | "q8_0" | "q16";

export interface LoadProgress {
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

/** What a model asks of a backend. */
export interface LoadRequest {
  readonly weights: readonly WeightSource[];
  readonly kv: KvShape;
  /** Largest position + 1 of any sequence. */
  readonly contextSize: number;
  /** Largest batch, and largest number of output rows in one. */
  readonly maxRows: number;
  readonly maxOutputRows: number;
  /** Builds the forward pass from the loaded weights: output [m, columns]. Called whenever a new shape of batch is recorded. */
  readonly build: (ops: Ops, weight: (name: string) => Weight) => Tensor;
  /** A second program over the same weights, where the model has one: the final hidden states [m, columns]. */
  readonly buildHidden?: (ops: Ops, weight: (name: string) => Weight) => Tensor;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

/** A model resident in a backend. */
export interface Residence {
  /** Bytes held: weights, KV cache, activations. */
  readonly bytes: number;
  readonly threads: number;
  /** Output [m, columns] of the wanted rows; the view is valid until the next call. */
  forward(batch: RaggedBatch, output?: "logits" | "hidden"): Float32Array | Promise<Float32Array>;
  close(): void;
}

export interface Backend {
  readonly name: string;
  /** Weight types that it multiplies; others must be converted before. */
  readonly dtypes: ReadonlySet<DtypeName>;
  readonly kvTypes: ReadonlySet<KvType>;
  load(request: LoadRequest): Promise<Residence>;
}
