import type { TokenLogprob } from "@realizar/sampling";
import type { EmbedOptions, Engine, EngineInfo, EvaluateOptions } from "./engine.ts";
import type { EnginePort } from "./engine-port.ts";
import { CancelledError, EngineClosedError, NoSuchOutputError, WorkerDiedError } from "./errors.ts";
import { type EventSink, failedAtOnce } from "./events.ts";
import { createHail, raiseHail } from "./hail.ts";
import {
  type Answers,
  errorFromData,
  eventFromData,
  type FromWorker,
  type Question,
  type ToWorker,
  unpackRows,
} from "./protocol.ts";
import { type GenerationRequest, validateIds, validatePooling, validateTopLogprobs } from "./request.ts";
import { createRequestHandle } from "./request-handle.ts";

export interface ConnectOptions {
  /** Takes the fraction of the model loaded so far, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Hears when the worker dies or its engine breaks; the requests have failed by then. */
  readonly onDeath?: (error: Error) => void;
}

/** What the remote waits for, by id. */
interface Pending {
  readonly promptTokens: number;
  readonly sink: EventSink;
}
interface Asked {
  readonly resolve: (answer: Answers[keyof Answers]) => void;
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
  const questions = new Map<number, Asked>();
  const hail = createHail();
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
    for (const asked of questions.values()) asked.reject(error);
    questions.clear();
  }

  function die(error: Error): void {
    closing.resolve();
    if (refusal !== null) return;
    refusal = error;
    loading.reject(error);
    failAll(error);
    options.onDeath?.(error);
  }

  function cancel(id: number): void {
    port.post({ type: "cancel", id });
    raiseHail(hail);
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
    answered({ id, answer }) {
      questions.get(id)?.resolve(answer);
      questions.delete(id);
    },
    failed({ id, error }) {
      questions.get(id)?.reject(errorFromData(error));
      questions.delete(id);
    },
    broken({ error }) {
      die(errorFromData(error));
      port.terminate();
    },
    closed() {
      closing.resolve();
      port.terminate();
    },
  };

  port.onMessage((message) => (take[message.type] as (message: FromWorker) => void)(message));
  port.onDeath((reason) => die(new WorkerDiedError(reason)));
  port.post({ type: "load", spec, hail });

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
        if (requests.has(id)) cancel(id);
      };
    }

    async function ask<Q extends Question>(question: Q, signal?: AbortSignal): Promise<Answers[Q["type"]]> {
      if (refusal !== null) throw refusal;
      if (signal?.aborted) throw new CancelledError();
      const id = nextId++;
      const abort = () => cancel(id);
      const { promise, ...asked } = Promise.withResolvers<Answers[keyof Answers]>();
      questions.set(id, asked);
      signal?.addEventListener("abort", abort);
      port.post({ type: "ask", id, question });
      try {
        return (await promise) as Answers[Q["type"]];
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    }

    async function evaluate(
      given: ArrayLike<number>,
      { signal, ...options }: EvaluateOptions,
    ): Promise<TokenLogprob[][]> {
      if (given.length === 0) return [];
      if (!info.causal) throw new NoSuchOutputError("logits");
      validateIds("ids", given, info);
      validateTopLogprobs(options.topLogprobs, info);
      const ids = Int32Array.from(given);
      return unpackRows(await ask({ type: "evaluate", ids, options }, signal), ids.length);
    }

    async function embed(
      given: ArrayLike<number>,
      { signal, ...options }: EmbedOptions = {},
    ): Promise<Float32Array> {
      if (info.embeddingLength === 0) throw new NoSuchOutputError("hidden");
      validateIds("ids", given, info);
      validatePooling(options.pooling ?? info.pooling);
      return ask({ type: "embed", ids: Int32Array.from(given), options }, signal);
    }

    return {
      info,
      start,
      submit: (request) => createRequestHandle((sink) => start(request, sink)),
      evaluate,
      embed,
      encode: async (text, options) => Array.from(await ask({ type: "encode", text, options })),
      stats: () => ask({ type: "stats" }),
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
