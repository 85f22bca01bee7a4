import type { TokenLogprob } from "@realizar/sampling";
import type { Engine, EngineInfo, EvaluateOptions } from "./engine.ts";
import type { EnginePort } from "./engine-port.ts";
import { CancelledError, EngineClosedError, WorkerDiedError } from "./errors.ts";
import { type EventSink, failedAtOnce } from "./events.ts";
import {
  type ErrorData,
  errorFromData,
  eventFromData,
  type FromWorker,
  type ToWorker,
  unpackRows,
} from "./protocol.ts";
import { type GenerationRequest, validateIds, validateTopLogprobs } from "./request.ts";
import { createRequestHandle } from "./request-handle.ts";
import type { EngineStats } from "./stats.ts";

export interface ConnectOptions {
  /** Takes the fraction of the model loaded so far, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Hears when the worker dies; its requests have failed by then. */
  readonly onDeath?: (error: WorkerDiedError) => void;
}

/** What the remote waits for, by id. */
interface Pending {
  readonly promptTokens: number;
  readonly sink: EventSink;
}
interface Question<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Has the worker behind the port load a model, and resolves to its engine.
 * @throws (rejects) the error of the worker's `load`, or WorkerDiedError
 */
export function connectEngine<Spec>(
  port: EnginePort<ToWorker<Spec>, FromWorker>,
  spec: Spec,
  options: ConnectOptions = {},
): Promise<Engine> {
  const requests = new Map<number, Pending>();
  const evaluations = new Map<number, Question<TokenLogprob[][]> & { readonly count: number }>();
  const statistics = new Map<number, Question<EngineStats>>();
  let nextId = 0;
  /** Why nothing is taken any more. */
  let refusal: Error | null = null;
  const loading = Promise.withResolvers<Engine>();
  const closing = Promise.withResolvers<void>();

  function failAll(error: Error): void {
    for (const [id, pending] of [...requests]) {
      requests.delete(id);
      pending.sink(failedAtOnce(pending.promptTokens, error));
    }
    for (const questions of [evaluations, statistics]) {
      for (const question of questions.values()) question.reject(error);
      questions.clear();
    }
  }

  function fail(id: number, error: ErrorData): void {
    (evaluations.get(id) ?? statistics.get(id))?.reject(errorFromData(error));
    evaluations.delete(id);
    statistics.delete(id);
  }

  const take: { [Type in FromWorker["type"]]: (message: Extract<FromWorker, { type: Type }>) => void } = {
    progress: ({ fraction }) => options.onProgress?.(fraction),
    ready: ({ info }) => loading.resolve(createRemote(info)),
    refused({ error }) {
      refusal = errorFromData(error);
      loading.reject(refusal);
      port.terminate();
    },
    events({ events }) {
      for (const [id, data] of events) {
        const pending = requests.get(id);
        if (data.type === "done") requests.delete(id);
        pending?.sink(eventFromData(data));
      }
    },
    evaluated({ id, rows }) {
      const question = evaluations.get(id);
      evaluations.delete(id);
      question?.resolve(unpackRows(rows, question.count));
    },
    stats({ id, stats }) {
      statistics.get(id)?.resolve(stats);
      statistics.delete(id);
    },
    failed: ({ id, error }) => fail(id, error),
    closed() {
      closing.resolve();
      port.terminate();
    },
  };

  port.onMessage((message) => (take[message.type] as (message: FromWorker) => void)(message));
  port.onDeath((reason) => {
    closing.resolve();
    if (refusal !== null) return;
    const error = new WorkerDiedError(reason);
    refusal = error;
    loading.reject(error);
    failAll(error);
    options.onDeath?.(error);
  });
  port.post({ type: "load", spec });

  function createRemote(info: EngineInfo): Engine {
    function start(request: GenerationRequest, sink: EventSink): () => void {
      if (refusal !== null) {
        sink(failedAtOnce(request.promptIds.length, refusal));
        return () => {};
      }
      const id = nextId++;
      requests.set(id, { promptTokens: request.promptIds.length, sink });
      port.post({ type: "start", id, request });
      return () => {
        if (requests.has(id)) port.post({ type: "cancel", id });
      };
    }

    async function evaluate(
      given: ArrayLike<number>,
      evaluation: EvaluateOptions,
    ): Promise<TokenLogprob[][]> {
      if (given.length === 0) return [];
      validateIds("ids", given, info);
      validateTopLogprobs(evaluation.topLogprobs, info);
      if (refusal !== null) throw refusal;
      const { signal, ...rest } = evaluation;
      if (signal?.aborted) throw new CancelledError();
      const id = nextId++;
      const ids = Int32Array.from(given);
      const abort = () => port.post({ type: "cancel", id });
      const question = Promise.withResolvers<TokenLogprob[][]>();
      evaluations.set(id, { ...question, count: ids.length });
      signal?.addEventListener("abort", abort);
      port.post({ type: "evaluate", id, ids, options: rest });
      try {
        return await question.promise;
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    }

    function stats(): Promise<EngineStats> {
      if (refusal !== null) return Promise.reject(refusal);
      const id = nextId++;
      const question = Promise.withResolvers<EngineStats>();
      statistics.set(id, question);
      port.post({ type: "stats", id });
      return question.promise;
    }

    return {
      info,
      start,
      submit: (request) => createRequestHandle((sink) => start(request, sink)),
      evaluate,
      stats,
      async close() {
        if (refusal === null) {
          refusal = new EngineClosedError();
          port.post({ type: "close" });
        }
        await closing.promise;
      },
    };
  }

  return loading.promise;
}
