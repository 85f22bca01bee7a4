import type { Engine, EngineOptions } from "./engine.ts";
import type { EnginePort } from "./engine-port.ts";
import { watchHail } from "./hail.ts";
import { createEngine, type EngineTokenizer } from "./local-engine.ts";
import type { ModelRunner } from "./model-runner.ts";
import {
  type Answers,
  errorToData,
  eventToData,
  type FromWorker,
  packRows,
  type Question,
  type SentEvent,
  type ToWorker,
} from "./protocol.ts";
import { yieldToEventLoop } from "./yield.ts";

/** A model ready to run, as the composition root makes it. */
export interface LoadedModel {
  readonly runner: ModelRunner;
  readonly tokenizer: EngineTokenizer;
  readonly options?: EngineOptions;
  /** Frees what the model holds. */
  close?(): void | Promise<void>;
}

/** @param progress takes the fraction loaded so far, 0 to 1 */
export type LoadModel<Spec> = (spec: Spec, progress: (fraction: number) => void) => Promise<LoadedModel>;

/** Events of steps shorter than this, in milliseconds, leave together. */
const SHORT_STEP = 1;

/**
 * Serves one engine over a port: the whole body of a worker whose file is
 * `serveEngine(enginePort(self), load)`.
 */
export function serveEngine<Spec>(port: EnginePort<FromWorker, ToWorker<Spec>>, load: LoadModel<Spec>): void {
  let engine: Engine | null = null;
  let model: LoadedModel | null = null;
  const cancels = new Map<number, () => void>();
  const send = createOutbox(port);
  let hails = watchHail(undefined);

  async function loadModel({ spec, hail }: Extract<ToWorker<Spec>, { type: "load" }>): Promise<void> {
    hails = watchHail(hail);
    try {
      model = await load(spec, (fraction) => port.post({ type: "progress", fraction }));
      engine = createEngine(model.runner, model.tokenizer, model.options, {
        hailed: hails.waiting,
        onBroken: tellBroken,
      });
      port.post({ type: "ready", info: engine.info });
    } catch (error) {
      port.post({ type: "refused", error: errorToData(error) });
    }
  }

  function start(id: number, request: Extract<ToWorker<Spec>, { type: "start" }>["request"]): void {
    let ended = false;
    const cancel = engine!.start(request, (event) => {
      if (event.type === "done") {
        ended = true;
        cancels.delete(id);
      }
      send([id, eventToData(event)]);
    });
    if (!ended) cancels.set(id, cancel);
  }

  /** The answer, and what of it is handed over instead of copied. */
  async function answer(
    question: Question,
    signal: AbortSignal,
  ): Promise<[Answers[keyof Answers], Transferable[]]> {
    switch (question.type) {
      case "evaluate": {
        const rows = packRows(await engine!.evaluate(question.ids, { ...question.options, signal }));
        return [rows, [rows.ids.buffer, rows.logprobs.buffer]];
      }
      case "embed": {
        const vector = await engine!.embed(question.ids, { ...question.options, signal });
        return [vector, [vector.buffer as ArrayBuffer]];
      }
      case "encode": {
        const ids = Int32Array.from(await engine!.encode(question.text, question.options));
        return [ids, [ids.buffer]];
      }
      case "stats":
        return [await engine!.stats(), []];
    }
  }

  async function ask(id: number, question: Question): Promise<void> {
    const abort = new AbortController();
    cancels.set(id, () => abort.abort());
    try {
      const [given, transfer] = await answer(question, abort.signal);
      port.post({ type: "answered", id, answer: given }, transfer);
    } catch (error) {
      port.post({ type: "failed", id, error: errorToData(error) });
    }
    cancels.delete(id);
  }

  /** The remote ends this thread when it hears of it. */
  function tellBroken(error: Error): void {
    send.flush();
    // Whether it still can be closed or not: it is gone with its thread.
    const closing = new Promise<void>((resolve) => resolve(model?.close?.()));
    closing.catch(() => {});
    port.post({ type: "broken", error: errorToData(error) });
  }

  async function close(): Promise<void> {
    await engine?.close();
    await model?.close?.();
    send.flush();
    port.post({ type: "closed" });
  }

  port.onMessage((message) => {
    switch (message.type) {
      case "load":
        void loadModel(message);
        break;
      case "start":
        start(message.id, message.request);
        break;
      case "ask":
        void ask(message.id, message.question);
        break;
      case "cancel":
        hails.taken();
        cancels.get(message.id)?.();
        break;
      case "close":
        void close();
        break;
    }
  });
}

interface Outbox {
  (event: SentEvent): void;
  flush(): void;
}

/**
 * Sends the events of a step in one message; where steps are shorter than a message is worth, those of several.
 * A message is sent at the end of the step, or at the engine's next turn of the event loop.
 */
function createOutbox<Spec>(port: EnginePort<FromWorker, ToWorker<Spec>>): Outbox {
  let events: SentEvent[] = [];
  let scheduled = false;
  let lastSent = 0;
  function flush(): void {
    scheduled = false;
    if (events.length === 0) return;
    lastSent = performance.now();
    port.post({ type: "events", events });
    events = [];
  }
  function send(event: SentEvent): void {
    events.push(event);
    if (scheduled) return;
    scheduled = true;
    if (performance.now() - lastSent >= SHORT_STEP) queueMicrotask(flush);
    else void yieldToEventLoop().then(flush);
  }
  return Object.assign(send, { flush });
}
