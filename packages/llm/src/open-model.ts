import { referenceBackend } from "@realizar/backend-reference";
import { wasmBackend } from "@realizar/backend-wasm";
import { type EngineOptions, engineInfo, type ModelRunner } from "@realizar/engine";
import { type Checkpoint, type CheckpointInput, openCheckpoint, openCheckpointFrom } from "@realizar/formats";
import { type ModelDescription, prepareModel } from "@realizar/model";
import { type Backend, type KvType, type LoadProgress, PAGE_SIZE } from "@realizar/tensor";
import type { Tokenizer } from "@realizar/tokenizers";
import { checkOpenOptions } from "./check-options.ts";
import { InvalidArgumentError } from "./errors.ts";
import { defaultThreads } from "./threads.ts";

export type BackendName = "wasm" | "reference";

export interface OpenOptions {
  /** Compute threads, the caller's own included; physical cores by default. */
  readonly threads?: number;
  /** Most tokens of a sequence; the model's own by default, at most 4,096. More than the model's own is the model's own. */
  readonly contextSize?: number;
  /** Number type of the KV cache; by default f32 where every weight is F32, q16 otherwise. */
  readonly kvType?: KvType;
  /** Sequences of full context that the KV cache has room for; 1 by default. */
  readonly parallel?: number;
  /** "reference" computes in float64, slowly: the specification. */
  readonly backend?: BackendName;
  readonly engine?: EngineOptions;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

/** A model in memory with all that is needed to run it. */
export interface OpenModel {
  readonly runner: ModelRunner;
  readonly tokenizer: Tokenizer;
  readonly description: ModelDescription;
  readonly chatTemplate: string | undefined;
  readonly engineOptions: EngineOptions;
  /** Bytes of memory reserved: weights, KV cache, activations. */
  readonly bytes: number;
  readonly threads: number;
  readonly kvType: KvType;
  close(): void;
}

/** The KV cache's type where nobody asks for one: q16 costs nothing that weights of fewer bits have not cost already. */
export function defaultKvType({ tensors }: Checkpoint): KvType {
  return [...tensors.values()].every(({ type }) => type === "F32") ? "f32" : "q16";
}

/** Context that is used where nobody asks for another. */
export const DEFAULT_CONTEXT = 4096;

const BACKENDS: Record<BackendName, (threads: number) => Backend> = {
  wasm: (threads) => wasmBackend({ threads, packThreads: defaultThreads() }),
  reference: () => referenceBackend(),
};

/**
 * Opens a model file or folder and loads its weights.
 * @param input a path, or (in a browser) the bytes of a GGUF file, a Blob, or files by name
 * @throws InvalidArgumentError, and the named errors of formats, model, tokenizers and backends
 */
export async function openModel(
  input: string | CheckpointInput,
  options: OpenOptions = {},
): Promise<OpenModel> {
  checkOpenOptions(options);
  if (typeof input !== "string" && (typeof input !== "object" || input === null)) {
    throw new InvalidArgumentError("the model", input, "a path, bytes, a Blob or files by name");
  }
  options.signal?.throwIfAborted();
  const checkpoint =
    typeof input === "string" ? await openCheckpoint(input) : await openCheckpointFrom(input);
  try {
    return await loadCheckpoint(checkpoint, options);
  } finally {
    checkpoint.close();
  }
}

async function loadCheckpoint(checkpoint: Checkpoint, options: OpenOptions): Promise<OpenModel> {
  const tokenizer = await checkpoint.tokenizer();
  const kvType = options.kvType ?? defaultKvType(checkpoint);
  const backend = BACKENDS[options.backend ?? "wasm"](options.threads ?? defaultThreads());
  const plan = { kvType, pages: 1, maxRows: 1, maxOutputRows: 1, dtypes: backend.dtypes };
  const first = await prepareModel(checkpoint, { ...plan, contextSize: options.contextSize });
  const { request, description } = await prepareModel(checkpoint, {
    ...plan,
    contextSize: options.contextSize ?? Math.min(first.description.contextSize, DEFAULT_CONTEXT),
  });
  const { contextSize } = request;
  const pageCount = Math.ceil(contextSize / PAGE_SIZE) * (options.parallel ?? 1);
  const { vocabSize, embeddingLength, pooling, causal } = description;
  const figures = {
    vocabSize,
    contextSize,
    pageSize: PAGE_SIZE,
    pageCount,
    embeddingLength,
    pooling,
    causal,
  } as const;
  const { tokenBudget, maxLogitRows } = engineInfo(figures, options.engine);
  const residence = await backend.load({
    ...request,
    kv: { ...request.kv, pages: pageCount },
    maxRows: tokenBudget,
    maxOutputRows: maxLogitRows,
    onProgress: options.onProgress,
    signal: options.signal,
  });
  return {
    runner: { ...figures, forward: residence.forward },
    tokenizer,
    description,
    chatTemplate: checkpoint.chatTemplate,
    engineOptions: options.engine ?? {},
    bytes: residence.bytes,
    threads: residence.threads,
    kvType,
    close: residence.close,
  };
}
