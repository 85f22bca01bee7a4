import { describe, expect, test } from "bun:test";
import pino from "pino";
import { DEFAULT_LIMITS, OptionError } from "../src/index.ts";
import { completeLimits } from "../src/options.ts";
import { allEvents, toyServer, turnstile } from "./toy-server.ts";

describe("limits", () => {
  test("have safe defaults and can be set one by one", () => {
    expect(completeLimits()).toEqual(DEFAULT_LIMITS);
    expect(completeLimits({ requests: 3 })).toEqual({ ...DEFAULT_LIMITS, requests: 3 });
    for (const bad of [0, -1, Number.NaN]) {
      expect(() => completeLimits({ requests: bad })).toThrow(OptionError);
    }
  });

  test("model names are unique and not empty", () => {
    for (const ids of [["a", "a"], [""]]) {
      const models = ids.map((id) => ({ id, path: "x" }));
      expect(() => toyServer({ models })).toThrow(OptionError);
    }
  });

  test("a full server answers 429 with Retry-After, and takes the next one when there is room", async () => {
    const gate = turnstile();
    const { ask } = toyServer({ limits: { requests: 1 } }, { beforeStep: gate.pass });
    const first = ask("/generate", { prompt: "a", max_tokens: 1 });
    await Promise.resolve();
    const full = await ask("/generate", { prompt: "a" });
    expect(full.status).toBe(429);
    expect(full.headers.get("retry-after")).toBe("1");
    expect((await full.json()).error).toContain("try again later");
    const openAi = await ask("/v1/completions", { prompt: "a" });
    expect((await openAi.json()).error.type).toBe("rate_limit_error");
    expect((await ask("/tokenize", { text: "a" })).status).toBe(200);
    gate.open();
    expect((await first).status).toBe(200);
    expect((await ask("/generate", { prompt: "a" })).status).toBe(200);
  });

  test("the engine's own full queue is 429 too", async () => {
    const gate = turnstile();
    const engine = { maxRunning: 1, maxWaiting: 1 };
    const { ask } = toyServer({}, { beforeStep: gate.pass, engine });
    const bodies = Array.from({ length: 4 }, () => ask("/generate", { prompt: "a", max_tokens: 1 }));
    gate.open();
    const answers = await Promise.all(bodies);
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses[0]).toBe(200);
    expect(statuses.at(-1)).toBe(429);
    expect(answers.find(({ status }) => status === 429)!.headers.get("retry-after")).toBe("1");
  });

  test("a request past its deadline is 504, or an error event where it has begun", async () => {
    const gate = turnstile();
    const { ask } = toyServer(
      { limits: { requestTimeoutMs: 400, firstEventMs: 1 } },
      { beforeStep: gate.pass },
    );
    const [whole, stream] = await Promise.all([
      ask("/generate", { prompt: "a" }),
      ask("/stream/generate", { prompt: "a" }),
    ]);
    const message = "The request took longer than 400 ms; ask for fewer tokens or raise the server's limit";
    expect(whole.status).toBe(504);
    expect(await whole.json()).toEqual({ error: message });
    const events = await allEvents(stream);
    expect(events).toEqual([{ event: "error", data: JSON.stringify({ error: message }) }]);
    gate.open();
  });

  test("a step that takes for ever does not keep its clients waiting", async () => {
    const { ask } = toyServer(
      { limits: { requestTimeoutMs: 300, firstEventMs: 1 } },
      { beforeStep: () => new Promise(() => {}) },
    );
    expect((await ask("/generate", { prompt: "a" })).status).toBe(504);
    const events = await allEvents(await ask("/stream/generate", { prompt: "a" }));
    expect(events.map(({ event }) => event)).toEqual(["error"]);
  });

  test("a client that leaves cancels its request", async () => {
    const gate = turnstile();
    const { ask, server } = toyServer({}, { beforeStep: gate.pass });
    const client = new AbortController();
    gate.open(2);
    const answer = ask("/generate", { prompt: "a", max_tokens: 200 }, { signal: client.signal });
    while (gate.passed < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    client.abort();
    expect((await answer).status).toBe(499);
    gate.open();
    await server.close();
    expect(gate.passed).toBeLessThanOrEqual(4);
    const gone = await ask("/tokenize", { text: "a" });
    expect(gone.status).toBe(200);
  });

  test("a client that was gone before its request began gets nothing computed", async () => {
    const { ask } = toyServer();
    const answer = await ask("/generate", { prompt: "a" }, { signal: AbortSignal.abort() });
    expect(answer.status).toBe(499);
  });
});

describe("the log", () => {
  test("has a line a request and no prompts", async () => {
    const lines: string[] = [];
    const logger = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
    const { ask } = toyServer({ logger });
    const secret = "sesame";
    await ask("/generate", { prompt: secret, max_tokens: 2 }, { headers: { "x-request-id": "r1" } });
    await allEvents(await ask("/stream/generate", { prompt: secret, max_tokens: 3 }));
    await ask("/generate", { prompt: secret, temperature: -1 });
    await ask("/generate", { prompt: `${secret}T` });
    await Promise.resolve();
    const entries = lines.map((line) => JSON.parse(line));
    expect(lines.join("")).not.toContain(secret);
    expect(entries[0]).toMatchObject({
      msg: "request",
      requestId: "r1",
      method: "POST",
      endpoint: "/generate",
      status: 200,
      model: "toy",
      promptTokens: 7,
      generatedTokens: 2,
    });
    expect(entries.find(({ endpoint }) => endpoint === "/stream/generate")).toMatchObject({
      status: 200,
      generatedTokens: 3,
    });
    expect(entries.find(({ status }) => status === 400)).toMatchObject({ code: "SERVER_BAD_REQUEST" });
    const failed = entries.filter(({ level }) => level === 50);
    expect(failed).toHaveLength(1);
    expect(failed[0].err.message).toContain("matmul_q4_0 trapped");
  });
});
