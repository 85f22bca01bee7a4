import type { Output } from "./model-runner.ts";

/** Base of every error of this package. `code` is stable; subclasses add their figures as fields. */
export class EngineError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A field of a request is outside its range. */
export class InvalidRequestError extends EngineError {
  readonly field: string;
  constructor(field: string, value: unknown, allowed: string) {
    super("ENGINE_INVALID_REQUEST", `${field} is ${String(value)}; it must be ${allowed}`);
    this.field = field;
  }
}

/** An option of the engine is outside its range. */
export class InvalidOptionError extends EngineError {
  readonly option: string;
  constructor(option: string, value: unknown, allowed: string) {
    super("ENGINE_INVALID_OPTION", `${option} is ${String(value)}; it must be ${allowed}`);
    this.option = option;
  }
}

/** The prompt can never fit, however long it waits. */
export class PromptTooLongError extends EngineError {
  readonly promptTokens: number;
  /** Tokens one sequence may have: the smaller of the model's context and the KV pool. */
  readonly contextSize: number;
  constructor(promptTokens: number, contextSize: number) {
    super(
      "ENGINE_PROMPT_TOO_LONG",
      `the prompt has ${promptTokens} tokens, the context ${contextSize}; shorten the prompt or enlarge the context`,
    );
    this.promptTokens = promptTokens;
    this.contextSize = contextSize;
  }
}

/** The model is asked for what it does not give: hidden states, or, of an encoder, logits. */
export class NoSuchOutputError extends EngineError {
  readonly output: Output;
  constructor(output: Output) {
    const message =
      output === "hidden"
        ? "the model gives no hidden states, of which embeddings are made; use another model"
        : "the model is an encoder: it makes embeddings and generates no text; use another model";
    super("ENGINE_NO_SUCH_OUTPUT", message);
    this.output = output;
  }
}

/** A hidden state is not finite: the weights are damaged, or its computation overflowed. */
export class NonFiniteEmbeddingError extends EngineError {
  readonly position: number;
  constructor(position: number) {
    super(
      "ENGINE_NON_FINITE_EMBEDDING",
      `the hidden state of token ${position} is not finite; check the model file`,
    );
    this.position = position;
  }
}

/** As many requests wait as may. */
export class QueueFullError extends EngineError {
  readonly waiting: number;
  constructor(waiting: number) {
    super("ENGINE_QUEUE_FULL", `${waiting} requests are waiting already; try again later`);
    this.waiting = waiting;
  }
}

/** The request's deadline passed before it was done. */
export class DeadlineExceededError extends EngineError {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  constructor(deadline: number) {
    super("ENGINE_DEADLINE_EXCEEDED", `the deadline ${new Date(deadline).toISOString()} has passed`);
    this.deadline = deadline;
  }
}

/** The model's forward pass threw; `cause` is what it threw. Requests of that step fail, the engine goes on. */
export class ForwardFailedError extends EngineError {
  constructor(cause: unknown) {
    super("ENGINE_FORWARD_FAILED", `the forward pass failed: ${messageOf(cause)}`, { cause });
  }
}

/** Choosing the token or decoding it threw something without a code; `cause` is what it threw. */
export class RequestFailedError extends EngineError {
  constructor(cause: unknown) {
    super("ENGINE_REQUEST_FAILED", `the request failed: ${messageOf(cause)}`, { cause });
  }
}

/** The request was cancelled before it had a result to give. */
export class CancelledError extends EngineError {
  constructor() {
    super("ENGINE_CANCELLED", "the request was cancelled");
  }
}

/** The engine has been closed. */
export class EngineClosedError extends EngineError {
  constructor() {
    super("ENGINE_CLOSED", "the engine has been closed; load the model again");
  }
}

/** The worker that ran the engine is gone, and its requests with it. */
export class WorkerDiedError extends EngineError {
  constructor(reason: string) {
    super("ENGINE_WORKER_DIED", `the engine's worker died (${reason}); load the model again`);
  }
}

/** The bookkeeping of KV pages contradicts itself: a defect of this package. */
export class PageIntegrityError extends EngineError {
  constructor(what: string) {
    super("ENGINE_PAGE_INTEGRITY", `KV page bookkeeping is broken: ${what}`);
  }
}

/** What was thrown, in words. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
