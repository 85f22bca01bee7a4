import { describe, expect, test } from "bun:test";
import { GREEDY } from "@realizar/sampling";
import {
  connectEngine,
  type DoneEvent,
  type EnginePort,
  enginePort,
  type FromWorker,
  type GenerationEvent,
  type MessageTarget,
  serveEngine,
  type ToWorker,
} from "../src/index.ts";
import { createNullRunner, greedyAlone } from "./null-runner.ts";
import type { Spec } from "./null-worker.ts";
import { createTinyTokenizer, TINY_VOCAB } from "./tiny-tokenizer.ts";

const request = (maxTokens: number) => ({ promptIds: [1, 2, 3], maxTokens, sampling: GREEDY });

async function eventsOf(handle: AsyncIterable<GenerationEvent>): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for await (const event of handle) events.push(event);
  return events;
}

/** Two ends in one thread that copy what they pass, as a channel does, one task later. */
function createPair<Out, In>(): [EnginePort<Out, In>, EnginePort<In, Out>, sent: Out[], received: In[]] {
  const takers: { out?: (message: Out) => void; in?: (message: In) => void } = {};
  const sent: Out[] = [];
  const received: In[] = [];
  const here: EnginePort<Out, In> = {
    post(message) {
      sent.push(structuredClone(message));
      setImmediate(() => takers.out?.(structuredClone(message)));
    },
    onMessage(take) {
      takers.in = take;
    },
    onDeath() {},
    terminate() {},
  };
  const there: EnginePort<In, Out> = {
    post(message) {
      received.push(structuredClone(message));
      const copy = structuredClone(message);
      setImmediate(() => takers.in?.(copy));
    },
    onMessage(take) {
      takers.out = take;
    },
    onDeath() {},
    terminate() {},
  };
  return [here, there, sent, received];
}

describe("connectEngine", () => {
  test("tells the progress of loading, and fails with the error of the load", async () => {
    const [here, there] = createPair<ToWorker<string>, FromWorker>();
    serveEngine(there, async (spec, progress) => {
      progress(0.5);
      throw Object.assign(new Error(`no such file: ${spec}`), { code: "ENOENT", bytes: 7 });
    });
    const seen: number[] = [];
    const opened = connectEngine(here, "model.gguf", { onProgress: (fraction) => seen.push(fraction) });
    const error = await opened.then(
      () => null,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: "ENOENT", message: "no such file: model.gguf", bytes: 7 });
    expect(seen).toEqual([0.5]);
  });

  test("what was thrown need not be an error", async () => {
    const [here, there] = createPair<ToWorker<null>, FromWorker>();
    serveEngine(there, () => Promise.reject("nothing"));
    const error = await connectEngine(here, null).then(
      () => null,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: "UNKNOWN", message: "nothing" });
  });

  test("events of a step leave in one message", async () => {
    const [here, there, , received] = createPair<ToWorker<null>, FromWorker>();
    let closed = false;
    const runner = createNullRunner({ vocabSize: TINY_VOCAB });
    const forward: typeof runner.forward = (batch) => {
      Bun.sleepSync(2);
      return runner.forward(batch);
    };
    serveEngine(there, async () => ({
      runner: { ...runner, forward },
      tokenizer: createTinyTokenizer(),
      close() {
        closed = true;
      },
    }));
    const engine = await connectEngine(here, null);
    await Promise.all(Array.from({ length: 4 }, () => eventsOf(engine.submit(request(10)))));
    const messages = received.filter((message) => message.type === "events");
    const events = messages.flatMap((message) => message.events);
    expect(events).toHaveLength(44);
    expect(messages.length).toBeLessThan(30);
    await engine.close();
    expect(closed).toBe(true);
    expect(received.at(-1)).toEqual({ type: "closed" });
  });
});

describe("a worker in a thread of its own", () => {
  const open = (spec: Spec, onDeath?: (error: Error) => void) =>
    connectEngine(
      enginePort<ToWorker<Spec>, FromWorker>(
        new Worker(new URL("./null-worker.ts", import.meta.url)) as unknown as MessageTarget,
      ),
      spec,
      { onDeath },
    );

  test("serves, and closes", async () => {
    const engine = await open({ stepsToLive: 1000 });
    const events = await eventsOf(engine.submit(request(10)));
    expect(events.flatMap((e) => (e.type === "token" ? [e.id] : []))).toEqual(
      greedyAlone([1, 2, 3], 10, TINY_VOCAB),
    );
    await engine.close();
  });

  test("computes at most two steps more after a cancel, however short its steps", async () => {
    const steps = new Int32Array(new SharedArrayBuffer(4));
    const engine = await open({ stepsToLive: 1e6, steps });
    for (let round = 0; round < 5; round++) {
      let seen = 0;
      let atCancel = 0;
      const handle = engine.submit(request(2000));
      for await (const event of handle) {
        if (++seen !== 3) continue;
        handle.cancel();
        atCancel = Atomics.load(steps, 0);
        expect(event.type).toBe("token");
      }
      expect(await engine.stats()).toMatchObject({ running: 0, pagesUsed: 0 });
      expect(Atomics.load(steps, 0) - atCancel).toBeLessThanOrEqual(2);
    }
    await engine.close();
  });

  test("an engine that breaks fails what runs with the reason, and what comes after", async () => {
    const deaths: Error[] = [];
    const engine = await open({ stepsToLive: 5, traps: true }, (error) => deaths.push(error));
    const both = await Promise.all([request(100), request(100)].map((r) => eventsOf(engine.submit(r))));
    for (const events of both) {
      expect((events.at(-1) as DoneEvent).error).toMatchObject({
        code: "ENGINE_FORWARD_FAILED",
        message: "the forward pass failed: matmul trapped",
      });
    }
    while (deaths.length === 0) await Bun.sleep(1);
    const later = (await eventsOf(engine.submit(request(1)))).at(-1) as DoneEvent;
    expect(later.error).toBe(deaths[0]!);
    expect(deaths[0]).toMatchObject({ code: "ENGINE_FORWARD_FAILED" });
    await engine.close();
    expect(deaths).toHaveLength(1);
  });

  test("its death fails what runs and what comes after, by name", async () => {
    const deaths: Error[] = [];
    const engine = await open({ stepsToLive: 5 }, (error) => deaths.push(error));
    const evaluation = engine.evaluate(Array(250).fill(1), { topLogprobs: 1 }).then(
      () => null,
      (thrown) => thrown,
    );
    const done = (await eventsOf(engine.submit(request(100)))).at(-1) as DoneEvent;
    expect(done.finishReason).toBe("error");
    expect(done.error).toMatchObject({ name: "WorkerDiedError", code: "ENGINE_WORKER_DIED" });
    expect([null, "ENGINE_WORKER_DIED"]).toContain((await evaluation)?.code ?? null);
    expect(deaths).toHaveLength(1);
    const later = (await eventsOf(engine.submit(request(1)))).at(-1) as DoneEvent;
    expect(later.error).toBe(deaths[0]!);
    const questions = [
      engine.evaluate([1], { topLogprobs: 1 }),
      engine.embed([1]),
      engine.encode("a"),
      engine.stats(),
    ];
    for (const refused of questions) {
      expect(await refused.catch((thrown) => thrown)).toBe(deaths[0]!);
    }
    await engine.close();
  });
});

test("an engine port hears of every kind of death", () => {
  const listeners = new Map<string, (event: Event) => void>();
  const target: MessageTarget = {
    postMessage() {},
    addEventListener: (type, listener) => void listeners.set(type, listener),
  };
  const reasons: string[] = [];
  const port = enginePort(target);
  port.onDeath((reason) => reasons.push(reason));
  port.terminate();
  listeners.get("error")!({ message: "boom" } as ErrorEvent);
  listeners.get("error")!({} as ErrorEvent);
  listeners.get("messageerror")!({} as Event);
  listeners.get("close")!({} as Event);
  expect(reasons).toEqual(["boom", "error", "a message could not be read", "its thread ended"]);
});
