import type { Engine } from "@realizar/engine";
import type { Tokenizer } from "@realizar/tokenizers";

/** What is known of a model beside how to run it. */
export interface ModelFacts {
  /** "gguf" or "safetensors". */
  readonly format: string;
  readonly architecture: string;
  /** Bytes the model takes in memory. */
  readonly bytes: number;
  readonly parameterCount?: number;
  /** The commonest quantization type of its tensors, such as "Q4_0". */
  readonly quantization?: string;
  /** Plain metadata of the file, arrays left out. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
}

/** All that the server needs of a loaded model. Its engine runs elsewhere: no call of it blocks. */
export interface ServedModel {
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  readonly facts: ModelFacts;
  /** The Jinja source of the chat template, where the file has one. */
  readonly chatTemplate?: string;
  /** Set once the model cannot serve any more: its worker died. */
  readonly failure: Error | undefined;
  close(): Promise<void>;
}

/** Where a model is and what to call it. */
export interface ModelSource {
  readonly id: string;
  readonly path: string;
  /** The bytes of its GGUF file, where it lies in no file; the path then only names it. */
  readonly contents?: Uint8Array;
  /** Loaded at the start and never evicted. */
  readonly pinned?: boolean;
}

export interface LoadProgress {
  readonly loaded: number;
  readonly total?: number;
}

export interface OpenOptions {
  readonly signal: AbortSignal;
  onProgress(progress: LoadProgress): void;
}

/** Format and size of a model file or folder that is not loaded. */
export interface FileFacts {
  readonly format: string;
  readonly bytes: number;
}

/** How models come to be. The server is given one of these; tests give it a toy. */
export interface ModelOpener {
  describe(source: ModelSource): Promise<FileFacts>;
  open(source: ModelSource, options: OpenOptions): Promise<ServedModel>;
}
