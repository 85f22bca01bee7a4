import type { TokenLogprob } from "@realizar/sampling";
import type { EncodeOptions } from "@realizar/tokenizers";
import type { EventSink } from "./events.ts";
import type { ModelRunner, Pooling } from "./model-runner.ts";
import type { GenerationRequest } from "./request.ts";
import type { RequestHandle } from "./request-handle.ts";
import type { EngineStats } from "./stats.ts";

export interface EngineOptions {
  /** Most rows of one step. Default 256; of an encoder its context. */
  readonly tokenBudget?: number;
  /** Most sequences that run at a time. Default 32. */
  readonly maxRunning?: number;
  /** Most requests that wait beyond those. Default 512. */
  readonly maxWaiting?: number;
  /** Most rows of one step whose output is wanted. Default: 16 MiB of logits, and at least `maxRunning`; of an encoder all. */
  readonly maxLogitRows?: number;
}

/** The figures of an engine, fixed for its life. A runner meets no batch of more rows. */
export interface EngineInfo {
  readonly vocabSize: number;
  /** Most tokens of one sequence: the smaller of the model's context and the KV pool; of an encoder, at most a step. */
  readonly contextSize: number;
  /** Numbers of an embedding; 0 where the model gives none. */
  readonly embeddingLength: number;
  /** How embeddings are pooled unless a request says otherwise. */
  readonly pooling: Pooling;
  /** Whether it generates; encoders do not. */
  readonly causal: boolean;
  readonly pageCount: number;
  readonly tokenBudget: number;
  readonly maxRunning: number;
  readonly maxWaiting: number;
  readonly maxLogitRows: number;
}

export interface EvaluateOptions {
  /** Tokens of each answer, 1 to the vocabulary's size. */
  readonly topLogprobs: number;
  readonly signal?: AbortSignal;
  readonly priority?: number;
}

export interface EmbedOptions {
  /** Default: the model's own. */
  readonly pooling?: Pooling;
  /** Scale the vector to length 1. Default true. */
  readonly normalize?: boolean;
  readonly signal?: AbortSignal;
  readonly priority?: number;
}

/** Runs many requests over one model. In this thread or behind a port, the interface is the same. */
export interface Engine {
  readonly info: EngineInfo;
  /** Never throws: a request that is refused ends at once with its error. */
  submit(request: GenerationRequest): RequestHandle;
  /** As `submit`, with events handed to `sink`, the first perhaps before it returns. Returns how to cancel. */
  start(request: GenerationRequest, sink: EventSink): () => void;
  /**
   * Entry i: the likeliest tokens after token i, with natural log-probabilities, descending.
   * @throws (rejects) InvalidRequestError, PromptTooLongError, NonFiniteLogitsError, ForwardFailedError, CancelledError
   */
  evaluate(ids: ArrayLike<number>, options: EvaluateOptions): Promise<TokenLogprob[][]>;
  /**
   * One vector of a text: its final hidden states, pooled. [embeddingLength]
   * @throws (rejects) InvalidRequestError, PromptTooLongError, NoSuchOutputError, NonFiniteEmbeddingError,
   *   ForwardFailedError, CancelledError
   */
  embed(ids: ArrayLike<number>, options?: EmbedOptions): Promise<Float32Array>;
  /** The tokenizer's `encode`, on the engine's thread: long texts there do not hold up this one. */
  encode(text: string, options?: EncodeOptions): Promise<number[]>;
  stats(): Promise<EngineStats>;
  /** Cancels every request and refuses later ones. Resolves when no step is running any more. */
  close(): Promise<void>;
}

/** Largest total of logits in one step by default: 2^22 floats, 16 MiB. */
const LOGITS_PER_STEP = 2 ** 22;
/**
 * The limits an engine will have with these options; a backend may size its buffers by them beforehand.
 * @param runner figures of the model
 */
export function engineInfo(runner: Omit<ModelRunner, "forward">, options: EngineOptions = {}): EngineInfo {
  const causal = runner.causal ?? true;
  const capacity = Math.min(runner.contextSize, runner.pageCount * runner.pageSize);
  const tokenBudget = options.tokenBudget ?? (causal ? 256 : capacity);
  const maxRunning = options.maxRunning ?? Math.min(32, tokenBudget);
  const cheapRows = Math.max(maxRunning, Math.floor(LOGITS_PER_STEP / runner.vocabSize));
  const maxLogitRows = options.maxLogitRows ?? (causal ? Math.min(tokenBudget, cheapRows) : tokenBudget);
  return {
    vocabSize: runner.vocabSize,
    contextSize: causal ? capacity : Math.min(capacity, tokenBudget, maxLogitRows),
    embeddingLength: runner.embeddingLength ?? 0,
    pooling: runner.pooling ?? "mean",
    causal,
    pageCount: runner.pageCount,
    tokenBudget,
    maxRunning,
    maxWaiting: options.maxWaiting ?? 512,
    maxLogitRows,
  };
}
