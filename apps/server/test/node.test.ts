import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { findNode } from "../../../tools/test/environment.ts";
import { createServer, type Server, workerOpener } from "../src/index.ts";
import { type Ask, allEvents, asker, readEvents } from "./toy-server.ts";

const node = await findNode();
const script = new URL("./fixtures/serve-node.ts", import.meta.url).pathname;
const model = new URL("./fixtures/tiny-llama.gguf", import.meta.url).pathname;
/** Keeps the tiny model from ending a text by itself. */
const NO_END = { 2: -100 };

/** The server in Node, and one in this process to compare with. */
describe.skipIf("missing" in node)(`in Node${"missing" in node ? ` (skipped: ${node.missing})` : ""}`, () => {
  let child: Bun.Subprocess<"ignore", "pipe", "inherit">;
  let url = "";
  let server: Server;
  let here: Ask;
  const ask: Ask = (path, body) =>
    fetch(`${url}${path.slice(1)}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  async function started(): Promise<[typeof child, string]> {
    const process = Bun.spawn(["path" in node ? node.path : "", "--no-warnings", script], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    const { value } = await process.stdout.getReader().read();
    return [process, new TextDecoder().decode(value).trim()];
  }

  beforeAll(async () => {
    server = createServer({
      models: [{ id: "tiny", path: model }],
      opener: workerOpener({ model: { threads: 1 } }),
      version: "1.2.3",
    });
    here = asker(server);
    [child, url] = await started();
  }, 60_000);
  afterAll(async () => {
    child.kill("SIGKILL");
    await server.close(0);
  });

  test("gives the same bits as in Bun: texts, streams, log-probabilities, embeddings", async () => {
    for (const [path, body] of [
      ["/generate", { prompt: "once upon", max_tokens: 30, strategy: "top_k", temperature: 1.2, seed: 5 }],
      ["/tokenize", { text: "once upon a time" }],
    ] as const)
      expect(await (await ask(path, body)).json()).toEqual(await (await here(path, body)).json());
    const completion = { prompt: "once", max_tokens: 4, temperature: 0, logprobs: 3, echo: true };
    const choices = async (of: Ask) => (await (await of("/v1/completions", completion)).json()).choices;
    expect(await choices(ask)).toEqual(await choices(here));
    const vector = async (of: Ask) => (await (await of("/v1/embeddings", { input: "a cat" })).json()).data;
    expect(await vector(ask)).toEqual(await vector(here));
    const stream = { prompt: "once upon", max_tokens: 20, seed: 1 };
    const events = async (of: Ask) => allEvents(await of("/stream/generate", stream));
    expect(await events(ask)).toEqual(await events(here));
  });

  test("answers health and the page while it generates, and stops when the client leaves", async () => {
    // The tiny model makes 4,000 tokens in half a second: nothing that is asked meanwhile may be asked for the first time.
    await Promise.all(["/health", "/", "/metrics"].map((path) => ask(path)));
    const client = new AbortController();
    const response = await fetch(`${url}stream/generate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: "a", max_tokens: 4000, logit_bias: NO_END }),
      signal: client.signal,
    });
    const events = readEvents(response.body!);
    expect((await events.next()).value!.event).toBe("token");
    const [health, page] = await Promise.all([ask("/health"), ask("/")]);
    client.abort();
    expect(health.status).toBe(200);
    expect(page.headers.get("content-type")).toStartWith("text/html");
    const inFlight = async () =>
      /^realizar_requests_in_flight (\d+)$/m.exec(await (await ask("/metrics")).text())![1];
    while ((await inFlight()) !== "0") await Bun.sleep(5);
    const made = /^realizar_generated_tokens_total (\d+)$/m.exec(await (await ask("/metrics")).text())![1];
    expect(Number(made)).toBeLessThan(4000);
  });

  test("stops when a client leaves that waits for a whole answer", async () => {
    const client = new AbortController();
    const asked = fetch(`${url}generate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: "a", max_tokens: 4000, logit_bias: NO_END }),
      signal: client.signal,
    });
    const metric = async (name: string) =>
      Number(new RegExp(`^${name}.* (\\d+)$`, "m").exec(await (await ask("/metrics")).text())?.[1]);
    while ((await metric("realizar_requests_in_flight")) === 0) await Bun.sleep(1);
    client.abort();
    await asked.catch(() => {});
    while ((await metric("realizar_requests_in_flight")) !== 0) await Bun.sleep(1);
    expect(await metric('realizar_generations_total{finished_reason="cancelled"}')).toBeGreaterThan(0);
  });

  test("answers a body over its limit, and refuses what is malformed", async () => {
    for (const length of [100_001, 5_000_000]) {
      const response = await ask("/tokenize", { text: "a".repeat(length) });
      expect(response.status).toBe(413);
    }
    expect((await ask("/generate", { prompt: 5 })).status).toBe(400);
    expect((await ask("/nothing")).status).toBe(404);
    expect((await fetch(`${url}health`, { method: "HEAD" })).status).toBe(200);
  });

  test("a reader that is slow holds up nobody else", async () => {
    const slow = await ask("/stream/generate", { prompt: "a", max_tokens: 2000, logit_bias: NO_END });
    const quick = await ask("/generate", { prompt: "a", max_tokens: 5, logit_bias: NO_END });
    expect((await quick.json()).num_generated).toBe(5);
    const events = await allEvents(slow);
    expect(events.filter(({ event }) => event === "token")).toHaveLength(2000);
  });

  test("SIGTERM lets running answers finish and ends with 0", async () => {
    const [process, at] = await started();
    const response = await fetch(`${at}stream/generate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: "ab", max_tokens: 200, logit_bias: NO_END }),
    });
    const events = readEvents(response.body!);
    await events.next();
    process.kill("SIGTERM");
    expect((await Array.fromAsync(events)).at(-1)!.event).toBe("done");
    expect(await process.exited).toBe(0);
  }, 60_000);
});
