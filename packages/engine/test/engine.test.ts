import { describe, expect, test } from "bun:test";
import { createCoin, createSampler, GREEDY, type SamplingParams, topLogprobs } from "@realizar/sampling";
import type { DecodeOptions } from "@realizar/tokenizers";
import fc from "fast-check";
import { createEventQueue } from "../src/event-queue.ts";
import {
  collect,
  connectEngine,
  createEngine,
  type DoneEvent,
  type Engine,
  type EngineOptions,
  enginePort,
  type FromWorker,
  type GenerationEvent,
  type GenerationRequest,
  type MessageTarget,
  type ModelRunner,
  type Output,
  type RaggedBatch,
  serveEngine,
  type ToWorker,
} from "../src/index.ts";
import { yieldToEventLoop } from "../src/yield.ts";
import {
  createNullRunner,
  greedyAlone,
  NULL_WIDTH,
  type NullRunnerOptions,
  nullHidden,
  nullLogits,
} from "./null-runner.ts";
import { createTinyTokenizer, decodeAll, TINY_VOCAB } from "./tiny-tokenizer.ts";

interface Setup extends NullRunnerOptions {
  readonly options?: EngineOptions;
  readonly ends?: readonly number[];
  readonly special?: readonly number[];
  readonly asynchronous?: boolean;
  /** Called before each forward pass. */
  readonly before?: (batch: RaggedBatch) => void;
  /** May spoil the logits. */
  readonly after?: (batch: RaggedBatch, logits: Float32Array) => void;
}

function createRunner(setup: Setup): ModelRunner {
  const runner = createNullRunner({ vocabSize: TINY_VOCAB, ...setup });
  const forward = (batch: RaggedBatch, output?: Output) => {
    setup.before?.(batch);
    const rows = runner.forward(batch, output);
    setup.after?.(batch, rows);
    return rows;
  };
  const later = async (batch: RaggedBatch, output?: Output) => {
    await yieldToEventLoop();
    return forward(batch, output);
  };
  return { ...runner, forward: setup.asynchronous === true ? later : forward };
}

const local = async (setup: Setup = {}): Promise<Engine> =>
  createEngine(createRunner(setup), createTinyTokenizer(setup.ends, setup.special), setup.options);

async function remote(setup: Setup = {}): Promise<Engine> {
  const { port1, port2 } = new MessageChannel();
  serveEngine<string>(
    enginePort<FromWorker, ToWorker<string>>(port2 as unknown as MessageTarget),
    async (spec) => {
      expect(spec).toBe("a model");
      return {
        runner: createRunner(setup),
        tokenizer: createTinyTokenizer(setup.ends, setup.special),
        options: setup.options,
        close: () => void setTimeout(() => port1.close(), 0),
      };
    },
  );
  return connectEngine(
    enginePort<ToWorker<string>, FromWorker>(port1 as unknown as MessageTarget),
    "a model",
  );
}

const request = (more: Partial<GenerationRequest> = {}): GenerationRequest => ({
  promptIds: [1, 2, 3],
  maxTokens: 8,
  sampling: GREEDY,
  ...more,
});
const sampled = (seed: number): SamplingParams => ({
  ...GREEDY,
  temperature: 0.9,
  topK: 10,
  topP: 0.95,
  seed,
});
const alone = (prompt: readonly number[], count: number, stop?: number) =>
  greedyAlone(prompt, count, TINY_VOCAB, stop);

async function eventsOf(handle: AsyncIterable<GenerationEvent>): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for await (const event of handle) events.push(event);
  return events;
}
const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error) => error,
  );
async function errorOf(engine: Engine, bad: GenerationRequest): Promise<Error & { code?: string }> {
  const events = await eventsOf(engine.submit(bad));
  const done = events.at(-1) as DoneEvent;
  expect(done).toMatchObject({ type: "done", finishReason: "error" });
  return done.error!;
}

describe.each([
  ["in this thread", local],
  ["behind a port", remote],
])("an engine %s", (_, open) => {
  test("makes the tokens that the model makes alone, with text, usage and timings", async () => {
    const engine = await open();
    const { text, tokens, done } = await collect(engine.submit(request({ maxTokens: 20 })));
    const ids = tokens.map((event) => event.id);
    expect(ids).toEqual(alone([1, 2, 3], 20));
    expect(text).toBe(decodeAll(ids));
    expect(done.finishReason).toBe("length");
    expect(done.usage).toEqual({ promptTokens: 3, completionTokens: 20, cachedTokens: 0 });
    const { started, firstToken, done: end } = done.timings;
    expect(started!).toBeGreaterThanOrEqual(0);
    expect(firstToken!).toBeGreaterThanOrEqual(started!);
    expect(end).toBeGreaterThanOrEqual(firstToken!);
    await engine.close();
  });

  test("a crowd, tiny pages, shared prefixes, sampling: each request is as it is alone", async () => {
    const prompts = Array.from({ length: 12 }, (_, i) => [...Array(20 + (i % 3) * 9).fill(4), i, i + 1]);
    const crowd = await open({ pageCount: 8, options: { tokenBudget: 24, maxRunning: 6 } });
    const together = await Promise.all(
      prompts.map((promptIds, i) =>
        collect(crowd.submit(request({ promptIds, maxTokens: 30, sampling: sampled(i) }))),
      ),
    );
    for (const [i, promptIds] of prompts.entries()) {
      const sampler = createSampler(TINY_VOCAB);
      const coin = createCoin(i);
      const tokens = [...promptIds];
      while (tokens.length < promptIds.length + 30) {
        tokens.push(sampler.sample(nullLogits(tokens, TINY_VOCAB), sampled(i), tokens, coin));
      }
      expect(together[i]!.tokens.map((t) => t.id)).toEqual(tokens.slice(promptIds.length));
    }
    const stats = await crowd.stats();
    expect(stats).toMatchObject({
      running: 0,
      waiting: 0,
      pagesUsed: 0,
      pagesTotal: 8,
      generatedTokens: 360,
    });
    expect(stats.prefixHits).toBeGreaterThan(0);
    await crowd.close();
  });

  test("an asynchronous runner makes the same tokens", async () => {
    const engine = await open({ asynchronous: true });
    const { tokens } = await collect(engine.submit(request()));
    expect(tokens.map((t) => t.id)).toEqual(alone([1, 2, 3], 8));
    await engine.close();
  });

  test("an end-of-generation token ends the text and is no part of it, unless it is to be ignored", async () => {
    const free = alone([1, 2, 3], 12);
    const end = free[5]!;
    const before = free.indexOf(end);
    const engine = await open({ ends: [end] });
    const stopped = await collect(engine.submit(request({ maxTokens: 12 })));
    expect(stopped.tokens.map((t) => t.id)).toEqual(free.slice(0, before));
    expect(stopped.text).toBe(decodeAll(free.slice(0, before)));
    expect(stopped.done).toMatchObject({ finishReason: "stop", stopToken: end });
    const ignored = await collect(engine.submit(request({ maxTokens: 12, ignoreEos: true })));
    expect(ignored.tokens.map((t) => t.id)).toEqual(free);
    const own = await collect(
      engine.submit(request({ maxTokens: 12, ignoreEos: true, stopTokenIds: [free[2]!] })),
    );
    expect(own.tokens.map((t) => t.id)).toEqual(free.slice(0, free.indexOf(free[2]!)));
    await engine.close();
  });

  test("a stop string ends the text before it", async () => {
    const free = alone([5, 5], 40);
    const whole = decodeAll(free);
    const stop = whole.slice(6, 9);
    const engine = await open();
    const { text, done, tokens } = await collect(
      engine.submit(request({ promptIds: [5, 5], maxTokens: 40, stop: ["never seen", stop] })),
    );
    expect(text).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(done.finishReason).toBe("stop");
    expect(done.stopToken).toBeUndefined();
    expect(tokens.length).toBeLessThan(40);
    expect((await engine.stats()).pagesUsed).toBe(0);
    await engine.close();
  });

  test("log-probabilities are natural, of raw logits; alternatives as many as asked", async () => {
    const engine = await open();
    const params = { ...sampled(3), logitBias: new Map([[0, 2]]) };
    const { tokens } = await collect(engine.submit(request({ sampling: params, topLogprobs: 4 })));
    const history = [1, 2, 3];
    for (const token of tokens) {
      const all = topLogprobs(nullLogits(history, TINY_VOCAB), TINY_VOCAB);
      expect(token.topLogprobs).toEqual(all.slice(0, 4));
      expect(token.logprob!).toBeCloseTo(all.find(([id]) => id === token.id)![1], 12);
      history.push(token.id);
    }
    const without = await collect(engine.submit(request({ logprobs: false })));
    expect(without.tokens.every((t) => t.logprob === null && !("topLogprobs" in t))).toBe(true);
    await engine.close();
  });

  test("echo gives each prompt token with its log-probability, also with nothing to generate", async () => {
    const engine = await open({ options: { maxLogitRows: 8, maxRunning: 4 } });
    const promptIds = Array.from({ length: 21 }, (_, i) => (i * 5) % TINY_VOCAB);
    for (const maxTokens of [0, 3]) {
      const { prompt, tokens } = await collect(
        engine.submit(request({ promptIds, maxTokens, echoLogprobs: true, topLogprobs: 2 })),
      );
      expect(prompt.map((p) => [p.position, p.id])).toEqual(promptIds.map((id, i) => [i, id]));
      expect(prompt[0]!.logprob).toBeNull();
      for (const event of prompt.slice(1)) {
        const all = topLogprobs(nullLogits(promptIds, TINY_VOCAB, event.position), TINY_VOCAB);
        expect(event.logprob!).toBeCloseTo(all.find(([id]) => id === event.id)![1], 12);
        expect(event.topLogprobs).toEqual(all.slice(0, 2));
      }
      expect(tokens.map((t) => t.id)).toEqual(alone(promptIds, maxTokens));
    }
    const plain = await collect(engine.submit(request({ maxTokens: 1, echoLogprobs: true })));
    expect("topLogprobs" in plain.prompt[1]!).toBe(false);
    await engine.close();
  });

  test("evaluate gives each position's likeliest next tokens, in chunks, in order", async () => {
    const engine = await open({ options: { maxLogitRows: 8, maxRunning: 4 } });
    const ids = Array.from({ length: 37 }, (_, i) => (i * 3) % TINY_VOCAB);
    for (const k of [1, 5, TINY_VOCAB]) {
      const rows = await engine.evaluate(ids, { topLogprobs: k });
      expect(rows).toEqual(ids.map((_, i) => topLogprobs(nullLogits(ids, TINY_VOCAB, i + 1), k)));
    }
    expect(await engine.evaluate([], { topLogprobs: 1 })).toEqual([]);
    await engine.close();
  });

  test("evaluate can be aborted, and refuses what it cannot do", async () => {
    const engine = await open({ asynchronous: true, options: { maxLogitRows: 4, maxRunning: 4 } });
    const abort = new AbortController();
    const going = rejection(engine.evaluate(Array(200).fill(1), { topLogprobs: 1, signal: abort.signal }));
    abort.abort();
    expect(await going).toMatchObject({ code: "ENGINE_CANCELLED" });
    const again = engine.evaluate([1], { topLogprobs: 1, signal: abort.signal });
    expect(await rejection(again)).toMatchObject({ code: "ENGINE_CANCELLED" });
    expect(await rejection(engine.evaluate([1], { topLogprobs: 99 }))).toMatchObject({
      field: "topLogprobs",
    });
    expect(await rejection(engine.evaluate([1, 99], { topLogprobs: 1 }))).toMatchObject({ field: "ids[1]" });
    expect(await rejection(engine.evaluate(Array(257).fill(1), { topLogprobs: 1 }))).toMatchObject({
      code: "ENGINE_PROMPT_TOO_LONG",
      promptTokens: 257,
      contextSize: 256,
    });
    await engine.close();
  });

  test("embed pools hidden states as asked, by default as the model has it, to length 1", async () => {
    for (const causal of [true, false]) {
      const engine = await open({ causal, pooling: "cls", options: { tokenBudget: 48, maxLogitRows: 40 } });
      expect(engine.info).toMatchObject({ causal, embeddingLength: NULL_WIDTH, pooling: "cls" });
      const ids = Array.from({ length: 37 }, (_, i) => (i * 3) % TINY_VOCAB);
      const states = ids.map((_, position) => nullHidden(ids, position, causal));
      const mean = Float32Array.from(
        states[0]!,
        (_, i) => states.reduce((sum, state) => sum + state[i]!, 0) / ids.length,
      );
      const expected = { mean, cls: states[0]!, last: states[36]! };
      for (const pooling of ["mean", "cls", "last"] as const) {
        expect(await engine.embed(ids, { pooling, normalize: false })).toEqual(expected[pooling]);
        const unit = await engine.embed(ids, { pooling });
        expect(Math.hypot(...unit)).toBeCloseTo(1, 6);
        expect(unit[0]! * Math.hypot(...expected[pooling])).toBeCloseTo(expected[pooling][0]!, 5);
      }
      expect(await engine.embed(ids, { normalize: false })).toEqual(states[0]!);
      expect((await engine.stats()).pagesUsed).toBe(0);
      await engine.close();
    }
  });

  test("an embedding is the same in a crowd of generations and other embeddings", async () => {
    const engine = await open({ pageCount: 12, options: { tokenBudget: 24, maxRunning: 6 } });
    const texts = Array.from({ length: 10 }, (_, i) => [...Array(20 + (i % 3) * 9).fill(4), i, i + 1]);
    const embed = (ids: number[]) => engine.embed(ids, { pooling: ids.length > 30 ? "last" : "mean" });
    const apart: Float32Array[] = [];
    for (const ids of texts) apart.push(await embed(ids));
    const [together, generated] = await Promise.all([
      Promise.all(texts.map(embed)),
      Promise.all(texts.map((promptIds) => collect(engine.submit(request({ promptIds, maxTokens: 20 }))))),
    ]);
    expect(together).toEqual(apart);
    generated.forEach((made, i) => {
      expect(made.tokens.map((t) => t.id)).toEqual(alone(texts[i]!, 20));
    });
    await engine.close();
  });

  test("embed can be aborted, and refuses what it cannot do", async () => {
    const engine = await open({ asynchronous: true, options: { maxLogitRows: 4, maxRunning: 4 } });
    const abort = new AbortController();
    const going = rejection(engine.embed(Array(200).fill(1), { signal: abort.signal }));
    abort.abort();
    expect(await going).toMatchObject({ code: "ENGINE_CANCELLED" });
    expect(await rejection(engine.embed([]))).toMatchObject({ field: "ids" });
    expect(await rejection(engine.embed([1], { pooling: "rank" as "last" }))).toMatchObject({
      message: "pooling is rank; it must be one of mean, cls, last",
    });
    await engine.close();

    const encoder = await open({ causal: false, options: { tokenBudget: 32 } });
    expect(await rejection(encoder.embed(Array(33).fill(1)))).toMatchObject({
      code: "ENGINE_PROMPT_TOO_LONG",
      contextSize: 32,
    });
    expect(await rejection(encoder.evaluate([1], { topLogprobs: 1 }))).toMatchObject({
      code: "ENGINE_NO_SUCH_OUTPUT",
      output: "logits",
    });
    expect(await errorOf(encoder, request())).toMatchObject({ code: "ENGINE_NO_SUCH_OUTPUT" });
    await encoder.close();
  });

  test("an embedding that is not finite is an error of its own", async () => {
    const engine = await open({
      after(batch, rows) {
        if (batch.tokens.includes(31)) rows[4] = Number.NaN;
      },
    });
    expect(await rejection(engine.embed([31, 2, 3]))).toMatchObject({
      code: "ENGINE_NON_FINITE_EMBEDDING",
      position: 1,
    });
    expect(await engine.embed([1, 2])).toHaveLength(NULL_WIDTH);
    await engine.close();
  });

  test("encode is the tokenizer's, its error too", async () => {
    const engine = await open();
    expect(await engine.encode("abcab c")).toEqual(createTinyTokenizer().encode("abcab c"));
    expect(await rejection(engine.encode("ab?"))).toMatchObject({ message: "no token for ?" });
    await engine.close();
  });

  test("control tokens are left out of the text but for those it is to show", async () => {
    const free = alone([1, 2, 3], 12);
    const [shown, hidden] = [...new Set(free)] as [number, number];
    const engine = await open({ special: [shown, hidden] });
    const plain = await collect(engine.submit(request({ maxTokens: 12 })));
    expect(plain.text).toBe(decodeAll(free.filter((id) => id !== shown && id !== hidden)));
    const marked = await collect(engine.submit(request({ maxTokens: 12, showSpecial: [shown] })));
    expect(marked.text).toBe(decodeAll(free.filter((id) => id !== hidden)));
    expect((await errorOf(engine, request({ showSpecial: [-1] }))).message).toMatch(/showSpecial is -1/);
    await engine.close();
  });

  test("leaving the loop cancels; so does cancel(); pages are free again", async () => {
    const engine = await open({ asynchronous: true });
    for await (const event of engine.submit(request({ maxTokens: 200 }))) {
      expect(event.type).toBe("token");
      break;
    }
    const handle = engine.submit(request({ maxTokens: 200 }));
    const events: GenerationEvent[] = [];
    for await (const event of handle) {
      events.push(event);
      if (events.length === 3) handle.cancel();
    }
    expect(events.at(-1)).toMatchObject({ type: "done", finishReason: "cancelled" });
    expect(events.slice(0, -1).map((e) => e.type === "token" && e.id)).toEqual(
      alone([1, 2, 3], events.length - 1),
    );
    handle.cancel();
    expect(await engine.stats()).toMatchObject({ running: 0, waiting: 0, pagesUsed: 0 });
    await engine.close();
  });

  test("the context ends a generation; a prompt that fills it generates nothing", async () => {
    const engine = await open({ contextSize: 20 });
    const long = await collect(engine.submit(request({ maxTokens: 1000 })));
    expect(long.done).toMatchObject({ finishReason: "length", usage: { completionTokens: 17 } });
    const full = await collect(engine.submit(request({ promptIds: Array(20).fill(1) })));
    expect(full.done).toMatchObject({ finishReason: "length", usage: { completionTokens: 0 } });
    const none = await collect(engine.submit(request({ maxTokens: 0 })));
    expect(none.done).toMatchObject({ finishReason: "length", text: "" });
    await engine.close();
  });

  test("what cannot be is refused at once, by name, with its figures", async () => {
    const engine = await open();
    const long = await errorOf(engine, request({ promptIds: Array(300).fill(1) }));
    expect(long).toMatchObject({
      name: "PromptTooLongError",
      code: "ENGINE_PROMPT_TOO_LONG",
      promptTokens: 300,
      contextSize: 256,
    });
    const cases: [Partial<GenerationRequest>, RegExp][] = [
      [{ promptIds: [] }, /promptIds is empty; it must be at least one token/],
      [{ promptIds: [1, TINY_VOCAB] }, /promptIds\[1\] is 32; it must be a token id from 0 to 31/],
      [{ maxTokens: -1 }, /maxTokens is -1/],
      [{ stop: ["a", ""] }, /stop is ""/],
      [{ stopTokenIds: [0.5] }, /stopTokenIds is 0.5/],
      [{ topLogprobs: 33 }, /topLogprobs is 33; it must be an integer from 0 to 32/],
      [{ deadline: Number.NaN }, /deadline is NaN/],
      [{ priority: Infinity }, /priority is Infinity/],
      [{ sampling: { ...GREEDY, topP: 2 } }, /topP is 2; it must be a number from 0 to 1/],
      [{ sampling: { ...GREEDY, logitBias: new Map([[32, 1]]) } }, /logitBias is 32/],
    ];
    for (const [bad, message] of cases)
      expect((await errorOf(engine, request(bad))).message).toMatch(message);
    await engine.close();
  });

  test("a failed forward pass fails its requests, and the engine goes on", async () => {
    for (const asynchronous of [false, true]) {
      let failures = 1;
      const engine = await open({
        asynchronous,
        before() {
          if (failures-- > 0) throw new RangeError("matmul trapped");
        },
      });
      const error = await errorOf(engine, request());
      expect(error.code).toBe("ENGINE_FORWARD_FAILED");
      expect(error.message).toBe("the forward pass failed: matmul trapped");
      expect(error.cause).toMatchObject({ message: "matmul trapped" });
      const { tokens } = await collect(engine.submit(request()));
      expect(tokens.map((t) => t.id)).toEqual(alone([1, 2, 3], 8));
      expect((await engine.stats()).pagesUsed).toBe(0);
      await engine.close();
    }
  });

  test("a forward pass that failed for good fails all requests with it, and later ones", async () => {
    const heard: Error[] = [];
    const runner = createRunner({
      contextSize: 64,
      pageCount: 8,
      before(batch) {
        if (batch.positions.includes(6)) throw Object.assign(new Error("matmul trapped"), { fatal: true });
      },
    });
    const options = { maxRunning: 1, tokenBudget: 8 };
    const engine = createEngine(runner, createTinyTokenizer(), options, {
      onBroken: (error) => heard.push(error),
    });
    const waiting = errorOf(engine, request());
    const error = await errorOf(engine, request());
    expect(error.message).toBe("the forward pass failed: matmul trapped");
    expect(await waiting).toBe(error);
    expect(await errorOf(engine, request())).toBe(error);
    expect(heard).toEqual([error]);
    expect((await engine.stats()).pagesUsed).toBe(0);
    await engine.close();
  });

  test("non-finite logits fail only their own sequence", async () => {
    const engine = await open({
      after(batch, logits) {
        batch.logitRows.forEach((row, i) => {
          if (batch.tokens[row] === 31) logits[i * TINY_VOCAB + 7] = Number.NaN;
        });
      },
    });
    const good = collect(
      engine.submit(request({ sampling: { ...GREEDY, logitBias: new Map([[31, -Infinity]]) } })),
    );
    const error = await errorOf(engine, request({ promptIds: [1, 31] }));
    expect(error).toMatchObject({ code: "SAMPLING_NON_FINITE_LOGITS", position: 1, token: 7 });
    expect((await good).done.finishReason).toBe("length");
    const spoiled = await rejection(engine.evaluate([31], { topLogprobs: 1 }));
    expect(spoiled).toMatchObject({ position: 0, token: 7 });
    expect(await engine.evaluate([1, 2], { topLogprobs: 1 })).toHaveLength(2);
    await engine.close();
  });

  test("a queue that is full refuses, with the figure", async () => {
    const engine = await open({ asynchronous: true, options: { maxRunning: 1, maxWaiting: 2 } });
    const ends = await Promise.all(
      Array.from({ length: 5 }, async () => (await eventsOf(engine.submit(request()))).at(-1) as DoneEvent),
    );
    expect(ends.map((end) => end.finishReason)).toEqual(["length", "length", "length", "error", "error"]);
    expect(ends[4]!.error).toMatchObject({ code: "ENGINE_QUEUE_FULL", waiting: 2 });
    await engine.close();
  });

  test("a deadline ends a request that is late, and one that is past from the start", async () => {
    const engine = await open({
      asynchronous: true,
      contextSize: 512,
      pageCount: 40,
      before: () => Bun.sleepSync(1),
    });
    const past = await errorOf(engine, request({ deadline: 1000 }));
    expect(past).toMatchObject({ code: "ENGINE_DEADLINE_EXCEEDED", deadline: 1000 });
    const late = await errorOf(engine, request({ maxTokens: 500, deadline: Date.now() + 30 }));
    expect(late).toMatchObject({ code: "ENGINE_DEADLINE_EXCEEDED" });
    const far = await collect(engine.submit(request({ deadline: Date.now() + 2 ** 40 })));
    expect(far.done.finishReason).toBe("length");
    await engine.close();
  });

  test("priority decides who goes first", async () => {
    const engine = await open({ asynchronous: true, options: { maxRunning: 1 } });
    const order: number[] = [];
    await Promise.all(
      [0, 0, 5].map(async (priority, i) => {
        await collect(engine.submit(request({ priority })));
        order.push(i);
      }),
    );
    expect(order.indexOf(2)).toBeLessThan(order.indexOf(1));
    await engine.close();
  });

  test("closing cancels what runs and refuses what comes", async () => {
    const engine = await open({ asynchronous: true });
    const running = eventsOf(engine.submit(request({ maxTokens: 200 })));
    const evaluation = engine.evaluate(Array(100).fill(2), { topLogprobs: 1 });
    const refused = rejection(evaluation);
    await engine.close();
    expect((await running).at(-1)).toMatchObject({ finishReason: "cancelled" });
    expect(await refused).toMatchObject({ code: "ENGINE_CANCELLED" });
    expect((await errorOf(engine, request())).code).toBe("ENGINE_CLOSED");
    await engine.close();
  });

  test("requests submitted together share steps", async () => {
    const engine = await open({ asynchronous: true });
    await Promise.all(
      [1, 2, 3, 4].map((id) => collect(engine.submit(request({ promptIds: [id], maxTokens: 10 })))),
    );
    expect((await engine.stats()).steps).toBeLessThan(25);
    await engine.close();
  });
});

test("collect demands the last event", async () => {
  const nothing = createEventQueue<GenerationEvent>(() => {});
  nothing.close();
  expect(await rejection(collect(nothing))).toBeInstanceOf(Error);
});

describe("in this thread", () => {
  test("any mix of requests and cancels leaves each with a prefix of what it makes alone, and no page held", async () => {
    const job = fc.record({
      promptIds: fc.array(fc.nat(3), { minLength: 1, maxLength: 60 }),
      maxTokens: fc.nat(30),
      cancelAfter: fc.option(fc.nat(20), { nil: undefined }),
      asEvaluation: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(job, { maxLength: 8 }),
        fc.integer({ min: 6, max: 12 }),
        async (jobs, pageCount) => {
          const engine = await local({ pageCount, options: { tokenBudget: 20, maxRunning: 3 } });
          await Promise.all(
            jobs.map(async ({ promptIds, maxTokens, cancelAfter, asEvaluation }) => {
              if (asEvaluation) {
                const rows = await engine.evaluate(promptIds, { topLogprobs: 1 });
                expect(rows).toHaveLength(promptIds.length);
                return;
              }
              const handle = engine.submit(request({ promptIds, maxTokens }));
              const ids: number[] = [];
              let end = "";
              for await (const event of handle) {
                if (event.type === "token") ids.push(event.id);
                if (event.type === "done") end = event.finishReason;
                if (ids.length === cancelAfter) handle.cancel();
              }
              const expected = alone(
                promptIds,
                Math.min(maxTokens, engine.info.contextSize - promptIds.length),
              );
              expect(ids).toEqual(expected.slice(0, ids.length));
              if (end === "length") expect(ids).toEqual(expected);
              else expect(end).toBe("cancelled");
            }),
          );
          expect(await engine.stats()).toMatchObject({ running: 0, waiting: 0, pagesUsed: 0 });
          await engine.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a model without hidden states gives no embeddings, and says so", async () => {
    const { embeddingLength: _, ...runner } = createRunner({});
    const engine = createEngine(runner, createTinyTokenizer());
    expect(engine.info).toMatchObject({ embeddingLength: 0 });
    expect(await rejection(engine.embed([1]))).toMatchObject({
      code: "ENGINE_NO_SUCH_OUTPUT",
      output: "hidden",
    });
    await engine.close();
  });

  test("a hail gives the event loop its turn before the next step", async () => {
    let hailed = false;
    let steps = 0;
    let stepsAtTurn = -1;
    const runner = createRunner({
      contextSize: 4096,
      pageCount: 256,
      before() {
        if (++steps !== 5) return;
        hailed = true;
        setImmediate(() => {
          stepsAtTurn = steps;
          hailed = false;
        });
      },
    });
    const engine = createEngine(runner, createTinyTokenizer(), {}, { hailed: () => hailed });
    await collect(engine.submit(request({ maxTokens: 40 })));
    expect(stepsAtTurn).toBe(5);
    await engine.close();
  });

  test("a consumer in this thread sees a token before many more are made", async () => {
    const engine = await local();
    for await (const event of engine.submit(request({ maxTokens: 200 }))) {
      expect(event.type).toBe("token");
      break;
    }
    expect((await engine.stats()).generatedTokens).toBeLessThan(20);
    await engine.close();
  });

  test("timers run while the engine is busy", async () => {
    const engine = await local({ contextSize: 4096, pageCount: 256, before: () => Bun.sleepSync(1) });
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, 0);
    await collect(engine.submit(request({ maxTokens: 40 })));
    expect(fired).toBe(true);
    await engine.close();
  });

  test("a token that cannot be decoded fails its request only", async () => {
    const engine = await local({ vocabSize: TINY_VOCAB + 1 });
    const outside = { ...GREEDY, logitBias: new Map([[TINY_VOCAB, 100]]) };
    const error = await errorOf(engine, request({ sampling: outside }));
    expect(error.message).toBe(`no token ${TINY_VOCAB}`);
    expect((await engine.stats()).pagesUsed).toBe(0);
    await engine.close();
  });

  test("what a runner throws need not be an error", async () => {
    const engine = await local({
      before() {
        throw "out of luck";
      },
    });
    expect((await errorOf(engine, request())).message).toMatch(/the forward pass failed: out of luck/);
    await engine.close();
  });

  test("a runner that gives too few logits is told so", async () => {
    const runner = createRunner({});
    const forward = (batch: RaggedBatch) => (runner.forward(batch) as Float32Array).subarray(1);
    const engine = createEngine({ ...runner, forward }, createTinyTokenizer());
    expect((await errorOf(engine, request())).message).toMatch(/it gave 31 numbers where 32 were asked for/);
    await engine.close();
  });

  test("text goes on from the prompt's unless a request says that it is one of its own", async () => {
    const tokenizer = createTinyTokenizer();
    const asked: unknown[] = [];
    const streamDecoder = (options?: DecodeOptions) => {
      asked.push(options);
      return tokenizer.streamDecoder(options);
    };
    const engine = createEngine(createRunner({}), { ...tokenizer, streamDecoder });
    for (const continuation of [undefined, true, false]) {
      for await (const _ of engine.submit(request({ continuation })));
    }
    expect(asked).toEqual([{ continuation: true }, { continuation: true }, { continuation: false }]);
    await engine.close();
  });

  test("nor need what a tokenizer throws", async () => {
    const streamDecoder = () => ({
      push(): string {
        throw "no text";
      },
      flush: () => "",
    });
    const engine = createEngine(createRunner({}), { ...createTinyTokenizer(), streamDecoder });
    expect(await errorOf(engine, request())).toMatchObject({
      code: "ENGINE_REQUEST_FAILED",
      message: "the request failed: no text",
    });
    await engine.close();
  });

  test("a defect of the engine's own ends every request with it, and later ones", async () => {
    const engine = await local();
    const sinkThrows = () => {
      throw new Error("a sink may not throw");
    };
    engine.start(request(), sinkThrows);
    engine.start(request({ maxTokens: 50 }), sinkThrows);
    const other = await errorOf(engine, request({ promptIds: [4] }));
    expect(other.message).toBe("a sink may not throw");
    expect((await errorOf(engine, request())).message).toBe("a sink may not throw");
  });
});
