import type { Logger } from "pino";
import { OptionError } from "./errors.ts";
import type { ModelOpener, ModelSource } from "./served-model.ts";

/** Bounds on what one client can ask for. The defaults are meant for a public port. */
export interface Limits {
  /** Bytes of a request body. */
  readonly bodyBytes: number;
  /** Time a request body may take to arrive. */
  readonly bodyTimeoutMs: number;
  /** Items of a batch; also prompts times `n` of one OpenAI request. */
  readonly batchItems: number;
  /** Texts of one embedding request. */
  readonly embeddingInputs: number;
  /** Generation requests being served or waiting; more are answered 429. */
  readonly requests: number;
  /** Time a request may take, loading its model included. */
  readonly requestTimeoutMs: number;
  /** Silence after which a stream sends a comment. */
  readonly keepAliveMs: number;
  /** Time a stream waits for its first event before it answers 200; an error within it has its own status. */
  readonly firstEventMs: number;
  /** Bytes all loaded models may take. */
  readonly modelBytes: number;
  /** Models loaded at once. */
  readonly models: number;
  /** Idle time after which a model that is not pinned is unloaded. */
  readonly modelIdleMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 2 * 1024 * 1024,
  bodyTimeoutMs: 30_000,
  batchItems: 128,
  embeddingInputs: 2048,
  requests: 256,
  requestTimeoutMs: 600_000,
  keepAliveMs: 10_000,
  firstEventMs: 2_000,
  modelBytes: Number.POSITIVE_INFINITY,
  models: Number.POSITIVE_INFINITY,
  modelIdleMs: Number.POSITIVE_INFINITY,
};

export interface TlsOptions {
  /** PEM text. */
  readonly cert: string;
  /** PEM text. */
  readonly key: string;
}

export interface ServerOptions {
  /** The first is the default model. Ids are unique. */
  readonly models: readonly ModelSource[];
  readonly opener: ModelOpener;
  /** Told by /health and /openapi.json. */
  readonly version: string;
  readonly limits?: Partial<Limits>;
  /** Without keys everyone may ask. */
  readonly apiKeys?: readonly string[];
  /** Origins that browsers may ask from; "*" is any. Default none. */
  readonly corsOrigins?: readonly string[];
  /** Adds the metric names of another server, so that its dashboards and autoscalers work unchanged. */
  readonly metricsCompat?: "vllm";
  readonly tls?: TlsOptions;
  /** Where to log; prompts and generated text never are. */
  readonly logger?: Logger;
}

/**
 * Completes the limits.
 * @throws OptionError names the limit
 */
export function completeLimits(given: Partial<Limits> = {}): Limits {
  const limits: Limits = { ...DEFAULT_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (!(typeof value === "number" && value > 0)) {
      throw new OptionError(`limits.${name}`, `is ${value}; it must be a number above 0`);
    }
  }
  return limits;
}

/** @throws OptionError where an id is empty or used twice */
export function checkModels(models: readonly ModelSource[]): void {
  const seen = new Set<string>();
  for (const { id } of models) {
    if (id === "") throw new OptionError("models", "has an empty id; give each model a name");
    if (seen.has(id))
      throw new OptionError("models", `names ${JSON.stringify(id)} twice; give each its own name`);
    seen.add(id);
  }
}
