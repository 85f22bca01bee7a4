import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { existsSync } from "node:fs";
import { enginePort, type MessageTarget, serveEngine } from "@realizar/engine";
import { createServer, type Server, workerOpener } from "../src/index.ts";
import { loadInWorker, type WorkerPort } from "../src/worker-model.ts";
import { type Ask, allEvents, asker, readEvents } from "./toy-server.ts";

const TINY = new URL("./fixtures/tiny-llama.gguf", import.meta.url).pathname;
const DATA = process.env.REALIZAR_TEST_DATA ?? new URL("../../../../shared/data", import.meta.url).pathname;
const STORIES = `${DATA}/stories260K`;

/** The worker's body in this thread, at the other end of a channel. */
function inThisThread(): MessageTarget {
  const { port1, port2 } = new MessageChannel();
  const port: WorkerPort = enginePort(port2);
  serveEngine(port, loadInWorker(port));
  return Object.assign(port1, { terminate: () => port1.close() });
}

const source = { id: "tiny", path: TINY };
const quiet = { signal: new AbortController().signal, onProgress: () => {} };

describe("workerOpener", () => {
  test("describes a file without loading it", async () => {
    expect(await workerOpener().describe(source)).toEqual({
      format: "gguf",
      bytes: (await Bun.file(TINY).stat()).size,
    });
    expect(workerOpener().describe({ id: "x", path: "/no/such/file.gguf" })).rejects.toThrow();
  });

  test("opens a model over a channel", async () => {
    const progress: number[] = [];
    const opener = workerOpener({
      startWorker: inThisThread,
      model: { threads: 1, contextSize: 128, parallel: undefined },
    });
    const model = await opener.open(source, {
      ...quiet,
      onProgress: ({ loaded }) => void progress.push(loaded),
    });
    expect(model.facts).toMatchObject({ format: "gguf", architecture: "llama", quantization: "F32" });
    expect(model.facts.bytes).toBeGreaterThan(20_000);
    expect(model.facts.parameterCount).toBeGreaterThan(4_000);
    expect(model.facts.metadata).toMatchObject({ "general.name": "tiny", "llama.block_count": 1 });
    expect(model.facts.metadata).not.toHaveProperty(["tokenizer.ggml.tokens"]);
    expect(model.chatTemplate).toContain("messages");
    expect(model.engine.info.contextSize).toBe(128);
    // Room for four sequences of full context, in pages of 16 tokens, unless told otherwise.
    expect(model.engine.info.pageCount).toBe((4 * 128) / 16);
    expect(model.failure).toBeUndefined();
    expect(progress.at(-1)).toBe(1);
    await model.close();
  });

  test("opens a model of the memory, which its path only names", async () => {
    const contents = await Bun.file(TINY).bytes();
    const inMemory = { id: "tiny", path: "built in", contents };
    const opener = workerOpener({ startWorker: inThisThread, model: { threads: 1 } });
    expect(await opener.describe(inMemory)).toEqual({ format: "gguf", bytes: contents.byteLength });
    const model = await opener.open(inMemory, quiet);
    expect(model.facts).toMatchObject({ format: "gguf", architecture: "llama", quantization: "F32" });
    await model.close();
  });

  test("a model whose worker dies says so, and its requests fail", async () => {
    const thread = inThisThread() as unknown as MessagePort;
    const opener = workerOpener({ startWorker: () => thread as unknown as MessageTarget });
    const model = await opener.open(source, quiet);
    thread.dispatchEvent(new Event("close"));
    expect(model.failure?.message).toContain("worker died");
    expect(model.engine.stats()).rejects.toThrow("worker died");
    await model.close();
  });

  test("a load that is cancelled ends its worker", async () => {
    const unload = new AbortController();
    let ended = false;
    const opener = workerOpener({
      startWorker() {
        queueMicrotask(() => unload.abort());
        const target = new EventTarget();
        return Object.assign(target, {
          postMessage: () => {},
          terminate() {
            ended = true;
            target.dispatchEvent(new Event("close"));
          },
        });
      },
    });
    expect(opener.open(source, { ...quiet, signal: unload.signal })).rejects.toThrow("worker died");
    await opener.open(source, { ...quiet, signal: unload.signal }).catch(() => {});
    expect(ended).toBe(true);
  });

  test("a load that is cancelled does not start a worker", async () => {
    const signal = AbortSignal.abort(new Error("unloaded"));
    expect(workerOpener().open(source, { ...quiet, signal })).rejects.toThrow("unloaded");
  });
});

test("the worker's entry waits for messages", async () => {
  const listen = spyOn(globalThis, "addEventListener");
  await import("../src/model-worker.ts");
  expect(listen.mock.calls.map(([type]) => type)).toContain("message");
  listen.mockRestore();
});

describe("a real model in its worker", () => {
  let server: Server;
  let ask: Ask;
  beforeAll(async () => {
    server = createServer({
      models: [
        { ...source, pinned: true },
        { id: "broken", path: new URL("./toy-model.ts", import.meta.url).pathname },
      ],
      opener: workerOpener({ model: { threads: 1 } }),
      version: "1",
    });
    ask = asker(server);
    await server.ready();
  });
  afterAll(() => server.close(0));

  test("generates the same tokens streamed, in a batch and alone", async () => {
    const body = { max_tokens: 20, seed: 5, strategy: "top_k", temperature: 1.5 };
    const prompts = ["one", "two three", "four"];
    const alone = await Promise.all(
      prompts.map(async (prompt) => (await ask("/generate", { prompt, ...body })).json()),
    );
    const batch = await (await ask("/batch/generate", { prompts, ...body })).json();
    expect(batch.results).toEqual(alone);
    for (const [i, prompt] of prompts.entries()) {
      const events = await allEvents(await ask("/stream/generate", { prompt, ...body }));
      const tokens = events.slice(0, -1).map(({ data }) => JSON.parse(data));
      expect(prompt + tokens.map(({ text }) => text).join("")).toBe(alone[i].text);
      expect(alone[i].token_ids.slice(-tokens.length)).toEqual(tokens.map(({ token_id }) => token_id));
    }
  });

  test("health answers while it generates", async () => {
    let done = false;
    const body = { prompt: "a", max_tokens: 2000, logit_bias: { 2: -100 } };
    const running = ask("/generate", body).then((response) => {
      done = true;
      return response.json();
    });
    let healthy = 0;
    while (!done) {
      expect((await ask("/health")).status).toBe(200);
      healthy++;
      await Bun.sleep(1);
    }
    expect(healthy).toBeGreaterThan(1);
    expect((await running).num_generated).toBe(2000);
  });

  test("health answers while a text of two megabytes is tokenized", async () => {
    const long = "once upon a time there was ".repeat(75_000);
    for (const [path, body] of [
      ["/tokenize", { text: long }],
      ["/v1/completions", { prompt: long }],
    ] as const) {
      let done = false;
      const running = ask(path, body).then((response) => {
        done = true;
        return response.json();
      });
      let healthy = 0;
      while (!done) {
        expect((await ask("/health")).status).toBe(200);
        healthy++;
        await Bun.sleep(1);
      }
      expect(healthy).toBeGreaterThan(10);
      const { num_tokens, error } = await running;
      expect(num_tokens ?? error.n_prompt_tokens).toBeGreaterThan(1_000_000);
    }
  });

  test("a file that is no model fails its own requests only", async () => {
    const response = await ask("/generate", { prompt: "a", model_id: "broken" });
    expect(response.status).toBe(500);
    expect((await response.json()).error).toContain('The model "broken" cannot be loaded');
    expect((await ask("/generate", { prompt: "a", max_tokens: 1 })).status).toBe(200);
  });

  test("chat, show and metrics", async () => {
    const chat = await (
      await ask("/v1/chat/completions", { messages: [{ role: "user", content: "hi" }], max_tokens: 3 })
    ).json();
    expect(chat.usage.completion_tokens).toBeLessThanOrEqual(3);
    const shown = await (await ask("/api/show", { model: "tiny" })).json();
    expect(shown.details.family).toBe("llama");
    expect(await (await ask("/metrics")).text()).toMatch(/^realizar_kv_pages_used 0$/m);
  });
});

describe("a worker that dies", () => {
  test("fails its requests by name and is started anew on the next use", async () => {
    const workers: Worker[] = [];
    const server = createServer({
      models: [source],
      opener: workerOpener({
        model: { threads: 1 },
        startWorker() {
          const worker = new Worker(new URL("../src/model-worker.ts", import.meta.url));
          workers.push(worker);
          return worker;
        },
      }),
      version: "1",
    });
    const ask = asker(server);
    const response = await ask("/stream/generate", {
      prompt: "a",
      max_tokens: 4000,
      logit_bias: { 2: -100 },
    });
    const events = readEvents(response.body!);
    expect((await events.next()).value!.event).toBe("token");
    workers[0]!.terminate();
    const rest = await Array.fromAsync(events);
    expect(rest.at(-1)!.event).toBe("error");
    expect(rest.at(-1)!.data).toContain("worker died");
    expect((await ask("/generate", { prompt: "a", max_tokens: 1 })).status).toBe(200);
    expect(workers).toHaveLength(2);
    await server.close(0);
  });
});

describe("a worker that traps", () => {
  test("fails its requests with a 500 that names the op, and is started anew; other models go on", async () => {
    let workers = 0;
    const server = createServer({
      models: [source, { ...source, id: "other" }],
      opener: workerOpener({
        model: { threads: 2 },
        startWorker() {
          workers++;
          return new Worker(new URL("./trapping-worker.ts", import.meta.url));
        },
      }),
      version: "1",
    });
    const ask = asker(server);
    const long = { prompt: "a", max_tokens: 3000, logit_bias: { 2: -100, 3: -100 } };
    const beside = ask("/generate", { ...long, model_id: "other" });
    const streamed = await ask("/stream/generate", long);
    const events = readEvents(streamed.body!);
    expect((await events.next()).value!.event).toBe("token");

    const trapped = await ask("/v1/completions", { prompt: [1, 3], max_tokens: 4 });
    expect(trapped.status).toBe(500);
    const { error } = await trapped.json();
    expect(error.type).toBe("server_error");
    expect(error.message).toMatch(/a kernel failed while running "[a-z]\w+"; the model must be loaded again/);
    const rest = await Array.fromAsync(events);
    expect(rest.at(-1)!.event).toBe("error");
    expect(rest.at(-1)!.data).toContain("a kernel failed while running");

    const again = await ask("/v1/completions", { prompt: [1, 4], max_tokens: 4 });
    expect(again.status).toBe(200);
    expect(workers).toBe(3);
    expect((await (await beside).json()).num_generated).toBe(3000);
    await server.close(0);
  });
});

const stories = existsSync(STORIES);
describe.skipIf(!stories)(`stories260K ${stories ? "" : `(skipped: ${STORIES} is absent)`}`, () => {
  test("/generate gives the reference text and ids", async () => {
    const server = createServer({
      models: [{ id: "stories", path: `${STORIES}/stories260K-f32.gguf` }],
      opener: workerOpener({ model: { threads: 1 } }),
      version: "1",
    });
    const answer = await (
      await asker(server)("/generate", { prompt: "Once upon a time", max_tokens: 200 })
    ).json();
    const reference = await Bun.file(`${STORIES}/greedy-f32.txt`).text();
    expect(answer.text).toBe(`Once upon a time${reference}`);
    expect(answer.num_generated).toBe(200);
    const spaced = await (
      await asker(server)("/generate", { prompt: "The little dog", max_tokens: 3 })
    ).json();
    expect(spaced.text).toStartWith("The little dog was");
    await server.close(0);
  });
});
