import { describe, expect, test } from "bun:test";
import { createServer, type Limits, type ModelSource } from "../src/index.ts";
import { toyOpener } from "./toy-model.ts";
import { asker, readEvents, turnstile } from "./toy-server.ts";

const sources = (...ids: string[]): ModelSource[] => ids.map((id) => ({ id, path: `/models/${id}.gguf` }));

function serve(models: readonly ModelSource[], limits: Partial<Limits> = {}, opener = toyOpener()) {
  const server = createServer({ models, limits, opener, version: "1" });
  return { server, opener, ask: asker(server) };
}

const loadedIds = async (ask: ReturnType<typeof asker>): Promise<string[]> => {
  const { models } = await (await ask("/models")).json();
  return models.filter(({ loaded }: { loaded: boolean }) => loaded).map(({ id }: { id: string }) => id);
};

describe("models on demand", () => {
  test("/models lists all, loaded or not", async () => {
    const { ask } = serve([...sources("a"), { id: "b", path: "missing" }]);
    await ask("/tokenize", { text: "x" });
    expect(await (await ask("/models")).json()).toEqual({
      models: [
        { id: "a", path: "/models/a.gguf", format: "gguf", loaded: true, bytes: 1000 },
        { id: "b", path: "missing", format: "unknown", loaded: false, bytes: 0 },
      ],
    });
  });

  test("one load however many ask at once", async () => {
    const { ask, opener } = serve(sources("a"));
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ask("/generate", { prompt: "a", max_tokens: 1 })),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(opener.opened).toHaveLength(1);
  });

  test("the least recently used model makes room, and is closed", async () => {
    const { ask, opener } = serve(sources("a", "b", "c"), { modelBytes: 2000 });
    for (const model_id of ["a", "b", "a", "c"]) await ask("/tokenize", { text: "x", model_id });
    expect(await loadedIds(ask)).toEqual(["a", "c"]);
    expect(opener.opened.map(({ closed }) => closed)).toEqual([false, true, false]);
    expect(await (await ask("/metrics")).text()).toContain("realizar_model_cache_evictions_total 1\n");
  });

  test("a busy model is never evicted: the newcomer is refused with the numbers", async () => {
    const gate = turnstile();
    const { ask } = serve(sources("a", "b"), { modelBytes: 1500 }, toyOpener({ beforeStep: gate.pass }));
    const running = ask("/generate", { prompt: "a", max_tokens: 1 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const refused = await ask("/generate", { prompt: "a", model_id: "b" });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("5");
    const { error } = await refused.json();
    for (const part of ['"b"', "1000 bytes", "1500", '"a" (serving']) expect(error).toContain(part);
    gate.open();
    expect((await running).status).toBe(200);
    expect((await ask("/generate", { prompt: "a", model_id: "b" })).status).toBe(200);
  });

  test("a model that can never fit is refused for good", async () => {
    const { ask } = serve(sources("a"), { modelBytes: 10 });
    const refused = await ask("/tokenize", { text: "x" });
    expect(refused.status).toBe(507);
    expect(refused.headers.has("retry-after")).toBe(false);
    expect((await refused.json()).error).toContain("it can never fit");
  });

  test("a pinned model stays", async () => {
    const [a, ...rest] = sources("a", "b", "c");
    const { ask, server } = serve([{ ...a!, pinned: true }, ...rest], { modelBytes: 2000 });
    await server.ready();
    for (const model_id of ["b", "c"]) await ask("/tokenize", { text: "x", model_id });
    expect(await loadedIds(ask)).toEqual(["a", "c"]);
  });

  test("a model that cannot be loaded fails its requests; the others go on, and it may work later", async () => {
    let broken = true;
    const opener = toyOpener({}, ({ id }) => {
      if (id === "b" && broken) throw new Error("tensor blk.0.attn_q.weight is missing");
    });
    const { ask } = serve(sources("a", "b"), {}, opener);
    const failed = await ask("/generate", { prompt: "a", model_id: "b" });
    expect(failed.status).toBe(500);
    expect(await failed.json()).toEqual({
      error: 'The model "b" cannot be loaded: tensor blk.0.attn_q.weight is missing',
    });
    expect((await ask("/generate", { prompt: "a" })).status).toBe(200);
    broken = false;
    expect((await ask("/generate", { prompt: "a", model_id: "b" })).status).toBe(200);
  });

  test("a file that is missing is told as such", async () => {
    const { ask } = serve([{ id: "a", path: "missing" }]);
    const failed = await ask("/generate", { prompt: "a" });
    expect(failed.status).toBe(500);
    expect((await failed.json()).error).toBe('The model "a" cannot be loaded: ENOENT: no such file');
  });

  test("a model whose worker died is loaded anew on its next use", async () => {
    const { ask, opener } = serve(sources("a"));
    await ask("/generate", { prompt: "a" });
    opener.opened[0]!.kill();
    expect((await ask("/generate", { prompt: "a" })).status).toBe(200);
    expect(opener.opened).toHaveLength(2);
    expect(opener.opened[0]!.closed).toBe(true);
  });

  test("requests that run when a worker dies fail by name", async () => {
    const gate = turnstile();
    const { ask, opener } = serve(sources("a"), {}, toyOpener({ beforeStep: gate.pass }));
    const running = ask("/generate", { prompt: "a" });
    while (opener.opened.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await opener.opened[0]!.engine.stats();
    opener.opened[0]!.kill();
    gate.open();
    expect((await running).status).toBeGreaterThanOrEqual(499);
    expect((await ask("/generate", { prompt: "a" })).status).toBe(200);
  });

  test("/models/load and /models/unload", async () => {
    const { ask, opener } = serve(sources("a", "b"));
    expect(await (await ask("/models/load", { model_id: "b" })).json()).toEqual({
      id: "b",
      status: "loaded",
    });
    expect(await loadedIds(ask)).toEqual(["b"]);
    expect(await (await ask("/models/unload", { model_id: "b" })).json()).toEqual({
      id: "b",
      status: "unloaded",
    });
    expect(await loadedIds(ask)).toEqual([]);
    expect(opener.opened[0]!.closed).toBe(true);
    expect((await ask("/models/load", { model_id: "x" })).status).toBe(404);
    expect((await ask("/models/unload", { model_id: "x" })).status).toBe(404);
    expect((await ask("/models/load", {})).status).toBe(400);
  });

  test("a model that cannot be closed is gone all the same", async () => {
    const opener = toyOpener();
    const open = async (...args: Parameters<typeof opener.open>) => ({
      ...(await opener.open(...args)),
      close: () => Promise.reject(new Error("stuck")),
    });
    const server = createServer({ models: sources("a"), opener: { ...opener, open }, version: "1" });
    const ask = asker(server);
    await ask("/models/load", { model_id: "a" });
    const events = readEvents((await ask("/models/events")).body!);
    await events.next();
    await ask("/models/unload", { model_id: "a" });
    expect(JSON.parse((await events.next()).value!.data)).toMatchObject({ status: "unloaded" });
    expect(await loadedIds(ask)).toEqual([]);
    await server.close();
  });

  test("unloading while it loads cancels the load", async () => {
    const opener = toyOpener({}, (_, { signal }) => {
      const { promise, reject } = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => reject(new Error("aborted")));
      return promise;
    });
    const { ask } = serve(sources("a"), {}, opener);
    const waiting = ask("/generate", { prompt: "a" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await ask("/models/unload", { model_id: "a" });
    const refused = await waiting;
    expect(refused.status).toBe(503);
    expect((await refused.json()).error).toContain("unloaded before it had finished loading");
  });

  test("a client that leaves while its model loads does not keep it", async () => {
    const { promise, resolve: open } = Promise.withResolvers<void>();
    const { ask } = serve(
      sources("a", "b"),
      { modelBytes: 1000 },
      toyOpener({}, () => promise),
    );
    const client = new AbortController();
    const answer = ask("/generate", { prompt: "a" }, { signal: client.signal });
    await new Promise((resolve) => setTimeout(resolve, 5));
    client.abort();
    expect((await answer).status).toBe(499);
    open();
    await ask("/models/load", { model_id: "a" });
    // Nothing holds "a" any more, so "b" may take its room.
    expect((await ask("/generate", { prompt: "a", model_id: "b" })).status).toBe(200);
  });

  test("what is idle for long is unloaded", async () => {
    const { ask, server } = serve(sources("a"), { modelIdleMs: 1 });
    await ask("/tokenize", { text: "x" });
    const events = readEvents((await ask("/models/events")).body!);
    for await (const { data } of events) if (JSON.parse(data).status === "unloaded") break;
    expect(await loadedIds(ask)).toEqual([]);
    await server.close();
  });

  test("no models at all", async () => {
    const { ask } = serve([]);
    expect((await ask("/health")).status).toBe(200);
    const refused = await ask("/generate", { prompt: "a" });
    expect(refused.status).toBe(404);
    expect((await refused.json()).error).toContain("this server has no models");
  });
});

describe("/models/events", () => {
  test("tells the state now and then what happens, progress by whole percents", async () => {
    const { promise: mayOpen, resolve: open } = Promise.withResolvers<void>();
    const opener = toyOpener({}, async ({ id }, { onProgress }) => {
      await mayOpen;
      if (id === "b") throw new Error("broken");
      onProgress({ loaded: 1 });
      onProgress({ loaded: 500, total: 1000 });
      onProgress({ loaded: 501, total: 1000 });
      onProgress({ loaded: 1000, total: 1000 });
    });
    const { ask, server } = serve(sources("a", "b"), {}, opener);
    const loading = ask("/models/load", { model_id: "a" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const response = await ask("/models/events");
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = readEvents(response.body!);
    const next = async () => {
      const { value } = await events.next();
      expect(value!.event).toBe("model");
      return JSON.parse(value!.data);
    };
    expect([await next(), await next()]).toEqual([
      { id: "a", status: "loading" },
      { id: "b", status: "unloaded" },
    ]);
    open();
    expect(await next()).toEqual({ id: "a", status: "loading" });
    expect(await next()).toEqual({ id: "a", status: "loading", progress: 0.5 });
    expect(await next()).toEqual({ id: "a", status: "loading", progress: 1 });
    expect(await next()).toEqual({ id: "a", status: "loaded", bytes: 1000 });
    await loading;
    await ask("/models/load", { model_id: "b" });
    expect(await next()).toEqual({ id: "b", status: "loading", progress: 0 });
    expect(await next()).toEqual({
      id: "b",
      status: "failed",
      error: 'The model "b" cannot be loaded: broken',
    });
    await ask("/models/unload", { model_id: "a" });
    expect(await next()).toEqual({ id: "a", status: "unloaded", bytes: 1000 });
    await server.close();
    expect((await events.next()).done).toBe(true);
  });

  test("HEAD watches nothing", async () => {
    const { ask } = serve(sources("a"));
    const head = await ask("/models/events", undefined, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(head.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    // A watch that goes on has no duration yet.
    expect(await (await ask("/metrics")).text()).toContain(
      'realizar_request_duration_seconds_count{endpoint="/models/events"} 1\n',
    );
  });

  test("a watcher that leaves is forgotten", async () => {
    const { ask, server } = serve(sources("a"));
    const client = new AbortController();
    const first = await ask("/models/events", undefined, { signal: client.signal });
    const second = await ask("/models/events");
    client.abort();
    await second.body!.cancel();
    expect(await first.text()).toContain('"unloaded"');
    await ask("/models/load", { model_id: "a" });
    await server.close();
  });
});
