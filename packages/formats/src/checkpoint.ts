import type { GgmlTypeName, GgufMetadata } from "@realizar/gguf";
import type { Tokenizer } from "@realizar/tokenizers";

/** A place bytes come from. A read fills `dst` wholly, from byte `offset` of the source, or throws. */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number;
  /** Fills `dst` with the bytes at `offset`. `dst` may view a SharedArrayBuffer or a WebAssembly memory. */
  readInto(dst: Uint8Array, offset: number): void | Promise<void>;
  /** Releases what the source holds open. */
  close?(): void;
}

/** A plain GGUF metadata value. Numbers are as a GGUF file holds them (float32 rounded); integers beyond 2^53 are bigints. */
export type MetadataValue = string | number | bigint | boolean | readonly MetadataValue[] | NumericArray;

/** Numeric arrays of GGUF metadata, where a reader keeps them typed. */
export type NumericArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

/** One weight under its GGUF name (`blk.0.attn_q.weight`), as blocks of a GGML type, outermost rows first. */
export interface CheckpointTensor {
  readonly name: string;
  readonly type: GgmlTypeName;
  /** Row-major: `[rows, columns]`, `[experts, rows, columns]`; a row is contiguous. */
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Fills `dst` with the tensor's bytes from byte `offset` on, transforming them on the way where the file differs. */
  readInto(dst: Uint8Array, offset: number): void | Promise<void>;
}

/** A model file or folder, seen as GGUF whatever it is stored as. */
export interface Checkpoint {
  readonly path: string;
  readonly format: "gguf" | "safetensors";
  /** As `general.architecture` spells it: "llama", "qwen2", ... */
  readonly architecture: string;
  /** GGUF keys (`llama.block_count`) and plain values. */
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  /** The same with the types a GGUF file keeps them in: what a converter writes. */
  readonly gguf: GgufMetadata;
  /** The `tokenizer.ggml.*` entries that are not in `gguf`, made when asked for; absent where `gguf` has them. */
  vocabulary?(): Promise<GgufMetadata>;
  /** By GGUF name. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** The Jinja source of the model's chat template. */
  readonly chatTemplate?: string;
  /** Sum over all tensors. */
  readonly byteLength: number;
  /** Reads the checkpoint's tokenizer; the same promise each time. */
  tokenizer(): Promise<Tokenizer>;
  close(): void;
}
