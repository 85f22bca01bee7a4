import { describe, expect, test } from "bun:test";
import { createServer } from "../../src/index.ts";
import { toyOpener } from "../toy-model.ts";
import { asker, toyServer } from "../toy-server.ts";

const PATHS = ["/health", "/v2/health/ready"];

describe("health", () => {
  test("is healthy and tells the version", async () => {
    const { ask } = toyServer();
    for (const path of [...PATHS, "/v2/health/live"]) {
      const response = await ask(path);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ status: "healthy", version: "1.2.3" });
    }
  });

  test("HEAD answers as GET without a body", async () => {
    const { ask } = toyServer();
    const response = await ask("/health", undefined, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });

  test("is 503 while a pinned model loads, and 200 from then on", async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const server = createServer({
      models: [{ id: "toy", path: "toy.gguf", pinned: true }],
      opener: toyOpener({}, () => opened),
      version: "1",
    });
    const ask = asker(server);
    const ready = server.ready();
    for (const path of PATHS) {
      const response = await ask(path);
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({ status: "loading", version: "1" });
    }
    expect((await ask("/v2/health/live")).status).toBe(200);
    open();
    await ready;
    for (const path of PATHS) expect((await ask(path)).status).toBe(200);
    await ask("/models/unload", { model_id: "toy" });
    expect((await ask("/health")).status).toBe(200);
  });

  test("a model that is not pinned is not waited for", async () => {
    const { ask } = toyServer();
    expect(await (await ask("/models")).json()).toMatchObject({ models: [{ loaded: false }] });
    expect((await ask("/health")).status).toBe(200);
  });

  test("stays 503 where a pinned model cannot be loaded", async () => {
    const server = createServer({
      models: [{ id: "toy", path: "missing", pinned: true }],
      opener: toyOpener(),
      version: "1",
    });
    expect(server.ready()).rejects.toThrow('The model "toy" cannot be loaded: ENOENT: no such file');
    await server.ready().catch(() => {});
    const response = await asker(server)("/health");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: "failed", version: "1" });
  });

  test("is 503 while the server shuts down", async () => {
    const { server, ask } = toyServer();
    await server.close();
    const response = await ask("/health");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: "draining", version: "1.2.3" });
    expect((await ask("/v2/health/live")).status).toBe(200);
  });
});
