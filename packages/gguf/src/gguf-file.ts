import type { GgmlTypeName } from "./ggml-types.ts";
import type { GgufMetadata } from "./values.ts";

/** One entry of the tensor table. */
export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlTypeName;
  /** Row-major, outermost dimension first: the reverse of ggml's `ne`. The last one is the row length. */
  readonly shape: readonly number[];
  /** First byte of the data, counted from the start of its file. */
  readonly offset: number;
  readonly byteLength: number;
  /** Index of the file that holds the data: 0 unless the model is split. */
  readonly shard: number;
}

/** What a GGUF file says before its tensor data. */
export interface GgufFile {
  readonly version: 1 | 2 | 3;
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensor[];
  /** Bytes that tensor offsets are multiples of. */
  readonly alignment: number;
  /** First byte of the tensor data (of the first shard). */
  readonly dataOffset: number;
  /** Bytes of the file (of all shards together). */
  readonly size: number;
}
