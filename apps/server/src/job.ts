import type { Lease } from "@realizar/cache";
import type {
  DoneEvent,
  EmbedOptions,
  GenerationEvent,
  GenerationRequest,
  PromptEvent,
  TokenEvent,
} from "@realizar/engine";
import { ClientGoneError, DeadlineError, ShuttingDownError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { ServedModel } from "./served-model.ts";

/** A request's hold on its model, its place in the server and its deadline. */
export interface Job {
  readonly modelId: string;
  readonly model: ServedModel;
  /** Aborts when the client goes, the deadline passes, the server's grace time is over, or the job is closed. */
  readonly signal: AbortSignal;
  /** Ends the job as the client's going does. */
  abandon(): void;
  /** A text's embedding, measured. Throws the signal's reason where it was aborted. */
  embed(ids: readonly number[], options: Omit<EmbedOptions, "signal">): Promise<Float32Array>;
  /** The model's events, measured. Throws the signal's reason where it was aborted. */
  generate(request: GenerationRequest): AsyncGenerator<GenerationEvent>;
  /** Cancels what still runs and gives everything back. A second call does nothing. */
  close(): void;
}

/**
 * Takes a place in the server and the model, loading it where need be.
 * @throws ShuttingDownError, OverloadedError, UnknownModelError, ModelLoadError, DeadlineError, ClientGoneError
 */
export async function openJob(exchange: Exchange, modelName: string | null | undefined): Promise<Job> {
  const { request, server, notes } = exchange;
  const { limits, store, gate, metrics, lifecycle } = server;
  if (lifecycle.draining) throw new ShuttingDownError();
  const modelId = store.find(modelName).id;
  notes.model = modelId;
  const leave = gate.enter();

  const controller = new AbortController();
  const { signal } = controller;
  const abandon = () => controller.abort(new ClientGoneError());
  const deadline = setTimeout(
    () => controller.abort(new DeadlineError(limits.requestTimeoutMs)),
    Math.min(limits.requestTimeoutMs, MAX_TIMER_MS),
  );
  lifecycle.jobs.add(controller);
  if (request.signal.aborted) abandon();
  else request.signal.addEventListener("abort", abandon);

  let lease: Lease<ServedModel> | undefined;
  let closed = false;
  function close(): void {
    if (closed) return;
    closed = true;
    clearTimeout(deadline);
    request.signal.removeEventListener("abort", abandon);
    lifecycle.jobs.delete(controller);
    controller.abort(new ClientGoneError());
    lease?.release();
    leave();
  }

  const leasing = store.acquire(modelId);
  try {
    lease = await untilAborted(leasing, signal);
  } catch (error) {
    close();
    leasing.then(
      (late) => late.release(),
      () => {},
    );
    throw error;
  }
  const model = lease.value;

  async function* generate(asked: GenerationRequest): AsyncGenerator<GenerationEvent> {
    const times = metrics.generation(modelId, asked.promptIds.length);
    const start = performance.now();
    notes.promptTokens = (notes.promptTokens ?? 0) + asked.promptIds.length;
    let last = start;
    let count = 0;
    let end: DoneEvent | undefined;
    signal.throwIfAborted();
    const handle = model.engine.submit(asked);
    const events = handle[Symbol.asyncIterator]();
    // An engine in the middle of a long step answers late; whoever waits is told at once.
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    aborted.catch(() => {});
    const onAbort = () => {
      handle.cancel();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort);
    try {
      while (end === undefined) {
        const result = await Promise.race([events.next(), aborted]);
        if (result.done) break;
        const event = result.value;
        if (event.type === "token") {
          const now = performance.now();
          if (count === 0) times.firstTokenSeconds((now - start) / 1000);
          else times.interTokenSeconds((now - last) / 1000);
          last = now;
          count++;
        } else if (event.type === "done") {
          end = event;
          if (event.error !== undefined) throw event.error;
          if (event.finishReason === "cancelled")
            throw signal.aborted ? signal.reason : new ClientGoneError();
        }
        yield event;
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      handle.cancel();
      notes.generatedTokens = (notes.generatedTokens ?? 0) + count;
      const started = end?.timings.started ?? null;
      times.end({
        seconds: (performance.now() - start) / 1000,
        generatedTokens: count,
        finishReason: end?.finishReason ?? "cancelled",
        queueSeconds: started === null ? undefined : started / 1000,
      });
    }
  }

  async function embed(ids: readonly number[], options: Omit<EmbedOptions, "signal">): Promise<Float32Array> {
    signal.throwIfAborted();
    notes.promptTokens = (notes.promptTokens ?? 0) + ids.length;
    const vector = await untilAborted(model.engine.embed(ids, { ...options, signal }), signal);
    metrics.embedding(modelId, ids.length);
    return vector;
  }

  return { modelId, model, signal, abandon, embed, generate, close };
}

/** Longest delay of a timer: larger ones fire at once (HTML standard: a signed 32-bit number). */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What is coming, or the signal's reason as soon as it aborts: an engine in the middle of a long step answers late. */
async function untilAborted<T>(coming: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([aborted, coming]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** A generation that has ended by itself. */
export interface Generated {
  readonly prompt: readonly PromptEvent[];
  readonly tokens: readonly TokenEvent[];
  readonly text: string;
  readonly finishReason: "stop" | "length";
  readonly usage: DoneEvent["usage"];
}

/** Why a generation ended that was neither cancelled nor failed. */
export function finishReasonOf(done: DoneEvent): "stop" | "length" {
  return done.finishReason === "stop" ? "stop" : "length";
}

/**
 * Waits for the end of a generation of `Job.generate`.
 * @throws what ended it before its time
 */
export async function collect(events: AsyncIterable<GenerationEvent>): Promise<Generated> {
  const prompt: PromptEvent[] = [];
  const tokens: TokenEvent[] = [];
  let text = "";
  for await (const event of events) {
    if (event.type === "prompt") {
      prompt.push(event);
      continue;
    }
    text += event.text;
    if (event.type === "token") tokens.push(event);
    else return { prompt, tokens, text, finishReason: finishReasonOf(event), usage: event.usage };
  }
  throw new Error("a generation ended without its last event");
}
