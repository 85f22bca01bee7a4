import type { Logger } from "pino";
import type { ChatPrompts } from "./chat-prompt.ts";
import type { Gate } from "./gate.ts";
import type { Metrics } from "./metrics.ts";
import type { ModelStore } from "./model-store.ts";
import type { Limits } from "./options.ts";

/** What every request of one server shares. */
export interface ServerContext {
  readonly version: string;
  /** When the server was made, in seconds since the epoch. */
  readonly startedSeconds: number;
  readonly limits: Limits;
  readonly store: ModelStore;
  readonly gate: Gate;
  readonly chatPrompts: ChatPrompts;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

/** Whether the server still takes work, and who must know when it stops waiting for it. */
export interface Lifecycle {
  draining: boolean;
  /** Set where a pinned model could not be loaded. */
  loadFailure: Error | undefined;
  /** Controllers of running jobs, aborted when the grace time is over. */
  readonly jobs: Set<AbortController>;
}

/** One request and what is noted of it for the log and the metrics. */
export interface Exchange {
  readonly request: Request;
  readonly requestId: string;
  readonly server: ServerContext;
  readonly notes: Notes;
}

/** Never text: prompts and answers stay out of the log. */
export interface Notes {
  model?: string;
  promptTokens?: number;
  generatedTokens?: number;
  /** Set by a streamed answer: resolves when its body has ended. */
  streamed?: Promise<void>;
  /** Code of the error that ended a streamed answer. */
  streamError?: string;
}
