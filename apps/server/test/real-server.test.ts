import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  createServer,
  type Listen,
  type Listener,
  listenWithBun,
  listenWithNode,
  type Server,
} from "../src/index.ts";
import { toyOpener } from "./toy-model.ts";
import { allEvents, readEvents, turnstile } from "./toy-server.ts";

const hasCurl = Bun.which("curl") !== null;
const hasPython = Bun.which("python3") !== null;

async function run(...command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  const [out, error] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`${command[0]} failed: ${error}`);
  return out;
}

const post = (url: string, body: unknown, init: RequestInit = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...init,
  });

const LISTENERS: [name: string, via: Listen][] = [
  ["Bun's server", listenWithBun],
  ["node:http", listenWithNode],
];

describe.each(LISTENERS)("on a port of %s", (_, via) => {
  let server: Server;
  let at: Listener;
  const gates = { streamed: turnstile(), left: turnstile(), dropped: turnstile() };

  beforeAll(async () => {
    server = createServer({
      models: ["toy", ...Object.keys(gates)].map((id) => ({ id, path: id })),
      opener: toyOpener(({ id }) => {
        const gate = Object.entries(gates).find(([name]) => name === id)?.[1];
        return gate === undefined ? {} : { beforeStep: gate.pass };
      }),
      version: "1.2.3",
      limits: { bodyBytes: 100_000 },
    });
    at = await server.listen({ port: 0, via });
  });
  afterAll(() => server.close(0));

  test("tells where it listens", () => {
    expect(at.port).toBeGreaterThan(0);
    expect(at.hostname).toBe("127.0.0.1");
    expect(at.url).toBe(`http://127.0.0.1:${at.port}/`);
  });

  test("a taken port is an error", async () => {
    await expect(server.listen({ port: at.port, via })).rejects.toThrow();
  });

  test("fetch", async () => {
    const answer = await (await post(`${at.url}generate`, { prompt: "ab", max_tokens: 2 })).json();
    expect(answer.text).toBe("abcd");
    const events = await allEvents(await post(`${at.url}stream/generate`, { prompt: "ab", max_tokens: 2 }));
    expect(events.map(({ event }) => event)).toEqual(["token", "token", "done"]);
  });

  test("events cross the network as their tokens exist, and health answers meanwhile", async () => {
    const gate = gates.streamed;
    gate.open(1);
    const response = await post(`${at.url}stream/generate`, {
      prompt: "ab",
      max_tokens: 3,
      model_id: "streamed",
    });
    const events = readEvents(response.body!);
    for (const letter of ["c", "d", "e"]) {
      expect(JSON.parse((await events.next()).value!.data).text).toBe(letter);
      expect((await fetch(`${at.url}health`)).status).toBe(200);
      gate.open(1);
    }
    expect((await events.next()).value!.event).toBe("done");
  });

  test.each([
    ["left", "stream/generate"],
    ["dropped", "generate"],
  ] as const)("closing the connection stops the generation: %s", async (model_id, path) => {
    const client = new AbortController();
    const gate = gates[model_id];
    gate.open(2);
    const body = { prompt: "ab", max_tokens: 200, model_id };
    const asked = post(`${at.url}${path}`, body, { signal: client.signal });
    if (model_id === "left") await readEvents((await asked).body!).next();
    while (gate.passed < 2) await Bun.sleep(1);
    client.abort();
    await asked.catch(() => {});
    const inFlight = async () => {
      const text = await (await fetch(`${at.url}metrics`)).text();
      return /^realizar_requests_in_flight (\d+)$/m.exec(text)![1];
    };
    while ((await inFlight()) !== "0") await Bun.sleep(1);
    gate.open();
    await server.app.request("/models/unload", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model_id }),
    });
    expect(gate.passed).toBeLessThanOrEqual(2 + 2);
  });

  test("a body over the limit is answered, not cut off", async () => {
    for (const length of [100_001, 5_000_000]) {
      const response = await post(`${at.url}tokenize`, { text: "a".repeat(length) });
      expect(response.status).toBe(413);
      expect((await response.json()).error).toContain("exceeds 100000 bytes");
    }
  });

  test.skipIf(!hasCurl)("curl (skipped where it is missing)", async () => {
    const json = ["-H", "content-type: application/json"];
    const data = ["-d", '{"prompt":"ab","max_tokens":2,"seed":1}'];
    expect(JSON.parse(await run("curl", "-s", `${at.url}health`))).toMatchObject({ status: "healthy" });
    expect(JSON.parse(await run("curl", "-s", ...json, ...data, `${at.url}generate`)).text).toBe("abcd");
    expect(await run("curl", "-sN", ...json, ...data, `${at.url}stream/generate`)).toBe(
      'event: token\ndata: {"token_id":102,"text":"c"}\n\nevent: token\ndata: {"token_id":103,"text":"d"}\n\n' +
        'event: done\ndata: {"num_generated":2,"finish_reason":"length","seed":1}\n\n',
    );
    const code = ["-o", "/dev/null", "-w", "%{http_code}"];
    expect(await run("curl", "-s", ...code, ...data, `${at.url}generate`)).toBe("415");
    expect(await run("curl", "-s", ...code, `${at.url}generate`)).toBe("405");
    expect(await run("curl", "-s", ...code, `${at.url}nothing`)).toBe("404");
    expect(await run("curl", "-s", ...code, ...json, "-d", "{", `${at.url}generate`)).toBe("400");
    expect(await run("curl", "-sI", `${at.url}health`)).toStartWith("HTTP/1.1 200");
  });

  test.skipIf(!hasPython)("Python's standard library (skipped where it is missing)", async () => {
    const script = new URL("./fixtures/stream.py", import.meta.url).pathname;
    expect(await run("python3", script, at.url, "€")).toBe("€€ done 6 length\n");
  });
});

describe.each(LISTENERS)("TLS of %s", (_, via) => {
  test("is spoken with the certificate it is given", async () => {
    const pem = (name: string) => Bun.file(new URL(`./fixtures/localhost.${name}`, import.meta.url)).text();
    const cert = await pem("crt");
    const server = createServer({
      models: [],
      opener: toyOpener(),
      version: "1",
      tls: { cert, key: await pem("key") },
    });
    const { url } = await server.listen({ port: 0, via });
    expect(url).toStartWith("https://");
    const response = await fetch(`${url}health`, { tls: { ca: cert } });
    expect(response.status).toBe(200);
    expect(fetch(`${url}health`)).rejects.toThrow();
    await server.close(0);
  });
});

describe.each(LISTENERS)("the end of %s", (_, via) => {
  test("close lets running requests finish and refuses new ones", async () => {
    const gate = turnstile();
    const server = createServer({
      models: [{ id: "toy", path: "t" }],
      opener: toyOpener({ beforeStep: gate.pass }),
      version: "1",
    });
    const { url } = await server.listen({ port: 0, via });
    gate.open(1);
    const response = await post(`${url}stream/generate`, { prompt: "ab", max_tokens: 3 });
    const closed = server.close();
    const refused = await server.app.request("/generate", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"prompt":"a"}',
    });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("5");
    gate.open();
    expect((await allEvents(response)).map(({ event }) => event)).toEqual([
      "token",
      "token",
      "token",
      "done",
    ]);
    await closed;
    expect(server.close()).toBe(server.close());
    expect(fetch(`${url}health`)).rejects.toThrow();
  });

  test("what does not finish in the grace time is told so", async () => {
    const gate = turnstile();
    const server = createServer({
      models: [{ id: "toy", path: "t" }],
      opener: toyOpener({ beforeStep: gate.pass }),
      version: "1",
    });
    const { url } = await server.listen({ port: 0, via });
    gate.open(1);
    const response = await post(`${url}stream/generate`, { prompt: "ab", max_tokens: 3 });
    const events = allEvents(response);
    const closed = server.close(1);
    expect((await events).map(({ event }) => event)).toEqual(["token", "error"]);
    gate.open();
    await closed;
  });

  test("a pinned model that cannot be loaded is known by ready()", async () => {
    const server = createServer({
      models: [{ id: "toy", path: "missing", pinned: true }],
      opener: toyOpener(),
      version: "1",
    });
    const { url } = await server.listen({ port: 0, via });
    expect(server.ready()).rejects.toThrow("cannot be loaded");
    await server.ready().catch(() => {});
    expect((await fetch(`${url}health`)).status).toBe(503);
    await server.close(0);
  });
});

test("SIGTERM drains a process and it exits 0", async () => {
  const script = new URL("./fixtures/serve.ts", import.meta.url).pathname;
  const child = Bun.spawn([process.execPath, script], { stdout: "pipe" });
  const { value } = await child.stdout.getReader().read();
  const url = new TextDecoder().decode(value).trim();
  const response = await post(`${url}stream/generate`, { prompt: "ab", max_tokens: 40 });
  const events = readEvents(response.body!);
  await events.next();
  child.kill("SIGTERM");
  const rest = await Array.fromAsync(events);
  expect(rest).toHaveLength(40);
  expect(rest.at(-1)!.event).toBe("done");
  expect(await child.exited).toBe(0);
});
