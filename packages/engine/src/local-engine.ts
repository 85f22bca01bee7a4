import { createCoin, createSampler, GREEDY, type TokenLogprob } from "@realizar/sampling";
import type { EncodeOptions, Tokenizer } from "@realizar/tokenizers";
import { createBatcher } from "./batch.ts";
import { startClock } from "./deadline.ts";
import {
  type EmbedOptions,
  type Engine,
  type EngineOptions,
  type EvaluateOptions,
  engineInfo,
} from "./engine.ts";
import {
  CancelledError,
  DeadlineExceededError,
  EngineClosedError,
  EngineError,
  ForwardFailedError,
  NoSuchOutputError,
  QueueFullError,
  RequestFailedError,
} from "./errors.ts";
import { type DoneEvent, type EventSink, type FinishReason, failedAtOnce } from "./events.ts";
import { createJob, describeToken, endJob, type Job } from "./job.ts";
import type { ModelRunner, Output } from "./model-runner.ts";
import { createOutputStream, type OutputStream } from "./output-stream.ts";
import { createPacing } from "./pacing.ts";
import { logitRowCount, type PlannedChunk, type StepPlan } from "./plan.ts";
import { createPooler, toUnitLength } from "./pooling.ts";
import { collectTopLogprobs, echoPrompt, type PromptRowSink } from "./prompt-rows.ts";
import {
  type GenerationRequest,
  validateIds,
  validatePooling,
  validateRequest,
  validateTopLogprobs,
} from "./request.ts";
import { createRequestHandle } from "./request-handle.ts";
import { createScheduler, type SequenceUpdate } from "./scheduler.ts";
import { visibleDecoder } from "./visible-decoder.ts";
import { yieldToEventLoop } from "./yield.ts";

/** What the engine needs of a tokenizer. */
export type EngineTokenizer = Pick<Tokenizer, "encode" | "endOfGeneration" | "isSpecial" | "streamDecoder">;

/** The loop gives the event loop a turn this often, in milliseconds. */
const SLICE = 2;

/** What is around an engine in this thread. */
export interface EngineHooks {
  /** Asked between two steps: whether another thread waits for the event loop to take its message. */
  hailed?(): boolean;
  /** Hears why the engine takes no request any more, before the ones it has fail: it is broken, not closed. */
  onBroken?(error: Error): void;
}

/** An engine in this thread. It sleeps while it has nothing to do. */
export function createEngine(
  runner: ModelRunner,
  tokenizer: EngineTokenizer,
  options: EngineOptions = {},
  hooks: EngineHooks = {},
): Engine {
  const { hailed = () => false, onBroken = () => {} } = hooks;
  const info = engineInfo(runner, options);
  const scheduler = createScheduler(info);
  const sampler = createSampler(info.vocabSize);
  const batchOf = createBatcher();
  const pacing = createPacing(info.tokenBudget);
  const jobs = new Map<number, Job>();
  const noStops: ReadonlySet<number> = new Set();
  let nextId = 0;
  let loop: Promise<void> | null = null;
  /** Why no request is taken any more. */
  let refusal: Error | null = null;

  const now = () => performance.now();

  // ---- the loop

  /** Schedule, compute, choose, commit. Returns a promise only where the runner does. */
  function step(): Promise<void> | null {
    const began = now();
    const plan = scheduler.schedule(pacing.promptRows(scheduler.decoding()));
    if (plan === null) throw new EngineError("ENGINE_STUCK", "there are requests but no step to take");
    markStarted(plan);
    let output: Float32Array | Promise<Float32Array>;
    try {
      output = runner.forward(batchOf(plan), plan.output);
    } catch (error) {
      failStep(plan, error);
      return null;
    }
    if (output instanceof Float32Array) {
      finish(plan, output, began);
      return null;
    }
    return output.then(
      (value) => finish(plan, value, began),
      (error) => failStep(plan, error),
    );
  }

  /** Numbers of one row of output. */
  const widths: Readonly<Record<Output, number>> = { logits: info.vocabSize, hidden: info.embeddingLength };

  function finish(plan: StepPlan, output: Float32Array, began: number): void {
    const wanted = logitRowCount(plan) * widths[plan.output];
    if (output.length !== wanted) {
      failStep(plan, new RangeError(`it gave ${output.length} numbers where ${wanted} were asked for`));
      return;
    }
    const tokens = chooseTokens(plan, output);
    for (const update of scheduler.commit(plan, tokens)) publish(update);
    if (plan.output === "hidden") return;
    let single = 0;
    let rest = 0;
    for (const chunk of plan.chunks) {
      if (chunk.to - chunk.from === 1) single++;
      else rest += chunk.to - chunk.from;
    }
    pacing.observe(single, rest, now() - began);
  }

  async function run(): Promise<void> {
    let sliceEnd = now() + SLICE;
    while (scheduler.hasWork()) {
      const pending = step();
      if (pending !== null) await pending;
      if (now() < sliceEnd && !hailed()) {
        await undefined; // consumers of events in this thread go between two steps
      } else {
        await yieldToEventLoop();
        sliceEnd = now() + SLICE;
      }
    }
    scheduler.checkIntegrity();
  }

  function wake(): void {
    if (loop !== null) return;
    // A step starts in a later microtask, so that requests submitted together share it.
    loop = Promise.resolve()
      .then(run)
      .catch(abandon)
      .then(() => {
        loop = null;
        if (scheduler.hasWork()) wake();
      });
  }

  /** A defect of our own, or a runner that will not run again: nothing can be trusted any more. */
  function abandon(error: unknown): void {
    refusal = asError(error);
    onBroken(refusal);
    for (const job of [...jobs.values()]) {
      try {
        fail(job, refusal);
      } catch {
        // Its sink is what threw: there is nobody left to tell.
      }
    }
  }

  // ---- one step's logits and updates

  function markStarted(plan: StepPlan): void {
    for (const chunk of plan.chunks) {
      const job = jobs.get(chunk.sequence);
      if (job !== undefined && job.started === null) job.started = now();
    }
  }

  /** Hands out the rows of a step. [plan.chunks.length] */
  function chooseTokens(plan: StepPlan, output: Float32Array): number[] {
    const width = widths[plan.output];
    const tokens: number[] = [];
    let row = 0;
    for (const chunk of plan.chunks) {
      const first = row;
      row += chunk.to - chunk.logitsFrom;
      const job = jobs.get(chunk.sequence);
      tokens.push(
        job === undefined ? -1 : chooseToken(job, chunk, output.subarray(first * width, row * width), width),
      );
    }
    return tokens;
  }

  /** @param rows of positions [chunk.logitsFrom, chunk.to), `width` numbers each */
  function chooseToken(job: Job, chunk: PlannedChunk, rows: Float32Array, width: number): number {
    try {
      if (job.onPromptRow !== null) {
        const end = Math.min(chunk.to, job.promptTokens);
        for (let position = chunk.logitsFrom; position < end; position++) {
          const at = (position - chunk.logitsFrom) * width;
          job.onPromptRow(position, rows.subarray(at, at + width));
        }
      }
      if (!chunk.samples) return -1;
      const last = rows.length === width ? rows : rows.subarray(rows.length - width);
      const id = sampler.sample(last, job.sampling, chunk.tokens, job.coin);
      job.sampled = describeToken(job, id, last);
      return id;
    } catch (error) {
      fail(job, asError(error));
      return -1;
    }
  }

  function publish(update: SequenceUpdate): void {
    const job = jobs.get(update.sequence);
    if (job === undefined) return;
    job.cachedTokens = update.cachedTokens;
    if (update.token >= 0) job.firstToken ??= now();
    if (update.finish === "stop") {
      done(job, "stop", { stopToken: update.token });
      return;
    }
    if (update.token >= 0 && say(job)) {
      scheduler.cancel(job.id);
      done(job, "stop");
      return;
    }
    if (update.finish !== null && jobs.has(job.id)) done(job, update.finish);
  }

  /** Sends the step's token out; true where its text completes a stop string. */
  function say(job: Job): boolean {
    job.completionTokens++;
    try {
      return job.output.push(job.sampled!);
    } catch (error) {
      fail(job, asError(error));
      return false;
    }
  }

  // ---- the ends of a request

  function done(
    job: Job,
    finishReason: FinishReason,
    more: Pick<DoneEvent, "error" | "stopToken"> = {},
  ): void {
    jobs.delete(job.id);
    job.stopClock?.();
    job.onDone(endJob(job, finishReason, more));
  }

  function fail(job: Job, error: Error): void {
    if (!jobs.has(job.id)) return;
    scheduler.cancel(job.id);
    done(job, "error", { error });
  }

  function failStep(plan: StepPlan, cause: unknown): void {
    const error = new ForwardFailedError(cause);
    if (isFatal(cause)) {
      abandon(error);
      return;
    }
    for (const chunk of plan.chunks) {
      const job = jobs.get(chunk.sequence);
      if (job !== undefined) fail(job, error);
    }
  }

  function cancel(job: Job): void {
    if (!jobs.has(job.id)) return;
    scheduler.cancel(job.id);
    done(job, "cancelled");
  }

  // ---- the beginnings

  interface Work extends Pick<GenerationRequest, "maxTokens" | "priority" | "deadline"> {
    readonly ids: ArrayLike<number>;
    readonly stopTokens: ReadonlySet<number>;
    readonly logitsFrom: number;
    /** Default logits. */
    readonly output?: Output;
  }

  /** Why a job cannot be taken now; null where it can. */
  function objection(deadline: number | undefined): Error | null {
    if (refusal !== null) return refusal;
    if (jobs.size > info.maxWaiting + info.maxRunning) return new QueueFullError(info.maxWaiting);
    if (deadline !== undefined && deadline <= Date.now()) return new DeadlineExceededError(deadline);
    return null;
  }

  /** Queues a job, or ends it at once where it is not taken or there is nothing to compute. */
  function enqueue(job: Job, work: Work): void {
    jobs.set(job.id, job);
    const error = objection(work.deadline);
    const generates = work.maxTokens > 0 && job.promptTokens < info.contextSize;
    if (error !== null) {
      fail(job, error);
    } else if (!generates && work.logitsFrom >= job.promptTokens) {
      done(job, "length");
    } else {
      scheduler.add({
        id: job.id,
        prompt: work.ids,
        maxTokens: work.maxTokens,
        stopTokens: work.stopTokens,
        logitsFrom: work.logitsFrom,
        output: work.output ?? "logits",
        whole: !info.causal,
        priority: work.priority ?? 0,
      });
      const { deadline } = work;
      if (deadline !== undefined) {
        job.stopClock = startClock(deadline, () => fail(job, new DeadlineExceededError(deadline)));
      }
      wake();
    }
  }

  function start(request: GenerationRequest, sink: EventSink): () => void {
    try {
      if (!info.causal) throw new NoSuchOutputError("logits");
      validateRequest(request, info);
    } catch (error) {
      sink(failedAtOnce(request.promptIds.length, asError(error)));
      return () => {};
    }
    const ids = Int32Array.from(request.promptIds);
    const decoder = visibleDecoder(tokenizer, request.showSpecial ?? [], request.continuation ?? true);
    const job = createJob(nextId++, {
      promptTokens: ids.length,
      sampling: request.sampling,
      coin: createCoin(request.sampling.seed),
      logprobs: request.logprobs ?? true,
      topLogprobs: request.topLogprobs,
      output: createOutputStream(decoder, request.stop ?? [], sink),
      onPromptRow: request.echoLogprobs === true ? echoPrompt(ids, request.topLogprobs, sink) : null,
      onDone: sink,
    });
    const ends = request.ignoreEos === true ? noStops : tokenizer.endOfGeneration;
    const more = request.stopTokenIds ?? [];
    enqueue(job, {
      ids,
      maxTokens: request.maxTokens,
      stopTokens: more.length === 0 ? ends : new Set([...ends, ...more]),
      logitsFrom: request.echoLogprobs === true ? 0 : ids.length,
      priority: request.priority,
      deadline: request.deadline,
    });
    return () => cancel(job);
  }

  interface Reading extends Pick<EvaluateOptions, "signal" | "priority"> {
    readonly ids: ArrayLike<number>;
    readonly output: Output;
    /** First position whose row is wanted. */
    readonly from: number;
    readonly take: PromptRowSink;
  }

  /** Computes a text and hands out its rows; resolves after the last. */
  function read({ ids, output, from, take, signal, priority }: Reading): Promise<void> {
    if (signal?.aborted) return Promise.reject(new CancelledError());
    return new Promise((resolve, reject) => {
      const abort = () => cancel(job);
      const job = createJob(nextId++, {
        promptTokens: ids.length,
        sampling: GREEDY,
        coin: createCoin(0),
        logprobs: false,
        topLogprobs: undefined,
        output: NO_OUTPUT,
        onPromptRow: take,
        onDone(event) {
          signal?.removeEventListener("abort", abort);
          if (event.finishReason === "length") resolve();
          else reject(event.error ?? new CancelledError());
        },
      });
      signal?.addEventListener("abort", abort);
      enqueue(job, { ids, maxTokens: 0, stopTokens: noStops, logitsFrom: from, output, priority });
    });
  }

  async function evaluate(ids: ArrayLike<number>, evaluation: EvaluateOptions): Promise<TokenLogprob[][]> {
    if (ids.length === 0) return [];
    if (!info.causal) throw new NoSuchOutputError("logits");
    validateIds("ids", ids, info);
    const { topLogprobs, signal, priority } = evaluation;
    validateTopLogprobs(topLogprobs, info);
    const rows: TokenLogprob[][] = [];
    const take = collectTopLogprobs(rows, topLogprobs);
    await read({ ids, output: "logits", from: 0, take, signal, priority });
    return rows;
  }

  async function embed(ids: ArrayLike<number>, embedding: EmbedOptions = {}): Promise<Float32Array> {
    const { pooling = info.pooling, normalize = true, signal, priority } = embedding;
    if (info.embeddingLength === 0) throw new NoSuchOutputError("hidden");
    validateIds("ids", ids, info);
    validatePooling(pooling);
    const pooler = createPooler(pooling, ids.length, info.embeddingLength);
    // What an encoder has cached of a prefix was computed in sight of another text: all its rows are wanted.
    const from = info.causal ? pooler.from : 0;
    await read({ ids, output: "hidden", from, take: pooler.take, signal, priority });
    return normalize ? toUnitLength(pooler.vector()) : pooler.vector();
  }

  return {
    info,
    start,
    submit: (request) => createRequestHandle((sink) => start(request, sink)),
    evaluate,
    embed,
    encode: async (text: string, options?: EncodeOptions) => tokenizer.encode(text, options),
    stats: () => Promise.resolve(scheduler.stats()),
    async close() {
      refusal ??= new EngineClosedError();
      for (const job of [...jobs.values()]) cancel(job);
      await loop;
    },
  };
}

/** An evaluation says nothing. */
const NO_OUTPUT: OutputStream = { push: () => false, end: () => "" };

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new RequestFailedError(thrown);
}

/** See `ModelRunner.forward`. */
const isFatal = (cause: unknown): boolean =>
  cause instanceof Error && "fatal" in cause && cause.fatal === true;
