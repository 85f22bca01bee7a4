import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeTinyGguf } from "@realizar/testing/tiny-files";

const examples = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "realizar-examples-"));
const PROMPT = "Once upon a time";
let model = "";
beforeAll(async () => {
  model = await writeTinyGguf(join(folder, "model.gguf"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (...command: string[]) =>
  Bun.spawn(command, { cwd: examples, stdin: "ignore", stdout: "pipe", stderr: "pipe" });

async function outcome(...command: string[]): Promise<{ status: number; out: string; err: string }> {
  const child = start(...command);
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { status: await child.exited, out, err };
}

const run = (name: string, ...words: string[]) => outcome(process.execPath, name, ...words);

describe("examples", () => {
  test("inference.ts generates in each way, and tells what may follow", async () => {
    const { status, out } = await run("inference.ts", model);
    expect(status).toBe(0);
    expect(out).toMatch(/^llama, 2 layers, [\d,]+ parameters\n/);
    for (const way of ["greedy", "top-k", "top-p", "with a stop text"])
      expect(out).toContain(`\n${way}: ${PROMPT}`);
    expect(out.match(/^ {2}"." [\d.]+ %$/gm)).toHaveLength(3);
    expect((await run("inference.ts", model)).out).toBe(out);
  });

  test("tokenization.ts shows each kind, and all decode to the text", async () => {
    const { status, out } = await run("tokenization.ts", model);
    expect(status).toBe(0);
    expect(out.match(/^ {2}decoded {2}hello world$/gm)).toHaveLength(4);
    expect(out).toContain('"hello" "Ġw" "or" "l" "d"');
    expect(out).toContain('"▁hello" "▁" "w" "or" "l" "d"');
    expect(out).toMatch(/streamed \["","n","a","","ï","v","e"," ","","","","🦙",""\]/);
  });

  test("safetensors_loading.ts predicts 13.0", async () => {
    const { status, out } = await run("safetensors_loading.ts");
    expect(status).toBe(0);
    expect(out).toContain("coefficients: F32 [3], 12 bytes\nintercept: F32 [1], 4 bytes\n");
    expect(out).toEndWith("= 13.0\n");
  });

  test("model_cache.ts hits, misses and evicts", async () => {
    const { status, out } = await run("model_cache.ts", model);
    expect(status).toBe(0);
    expect(out.match(/^context \d+: (hit|miss)$/gm)).toEqual([
      "context 16: miss",
      "context 32: miss",
      "context 16: hit",
      "context 48: miss",
      "context 32: miss",
    ]);
    expect(out).toContain("1 hits, 4 misses, 2 evictions, hit rate 20.0 %");
  });

  for (const name of ["inference.ts", "model_cache.ts", "api_server.ts"]) {
    test(`${name} without a model says how it is used`, async () => {
      const { status, out, err } = await run(name);
      expect({ status, out }).toEqual({ status: 2, out: "" });
      expect(err).toStartWith(`usage: bun examples/${name} MODEL`);
    });
  }
});

describe("bun run demo", () => {
  const demo = join(examples, "../tools/demo.ts");

  test("serves the demo model, which answers", async () => {
    const server = start(process.execPath, demo, "--port", "0");
    try {
      let out = "";
      for await (const chunk of server.stdout) {
        out += new TextDecoder().decode(chunk);
        if (out.includes("Ctrl-C")) break;
      }
      const url = /^ {2}address +(\S+)$/m.exec(out)?.[1];
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ messages: [{ role: "user", content: "Hello!" }], max_tokens: 30 }),
      });
      const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
      expect(choices[0]!.message.content).toMatch(/[a-z]/);
    } finally {
      server.kill("SIGTERM");
      expect(await server.exited).toBe(0);
    }
  });

  test("hands its options on, and refuses wrong ones in one line", async () => {
    const { status, out, err } = await outcome(process.execPath, demo, "--bogus");
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(/^realizar: unknown option '--bogus'; [^\n]+\n$/m);
  });
});

describe("api_server.ts and its clients", () => {
  let server: ReturnType<typeof start>;
  let url = "";
  beforeAll(async () => {
    server = start(process.execPath, "api_server.ts", model, "0");
    let out = "";
    for await (const chunk of server.stdout) {
      out += new TextDecoder().decode(chunk);
      const found = /^listening on (\S+)\/$/m.exec(out);
      if (found !== null && out.includes("stream/generate")) {
        url = found[1]!;
        break;
      }
    }
  });
  afterAll(() => server.kill());

  /** What the server says when asked for the whole text at once. */
  async function whole(): Promise<string> {
    const response = await fetch(`${url}/generate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: PROMPT, max_tokens: 40 }),
    });
    return ((await response.json()) as { text: string }).text;
  }

  const clients: readonly (readonly [string, readonly string[], string | null])[] = [
    ["sse-client.js under Bun", [process.execPath, "sse-client.js"], process.execPath],
    ["sse-client.js under Node", ["node", "sse-client.js"], Bun.which("node")],
    ["sse_client.py", ["python3", "sse_client.py"], Bun.which("python3")],
  ];
  for (const [name, command, program] of clients) {
    const missing = program === null && process.env.CI !== "true";
    test.skipIf(missing)(
      `${name} prints what comes${missing ? " (skipped: not installed)" : ""}`,
      async () => {
        const { status, out } = await outcome(...command, url, PROMPT);
        expect(out).toBe(`${await whole()}\n40 tokens, length\n`);
        expect(status).toBe(0);
      },
    );

    test.skipIf(missing)(
      `${name} tells the server's error${missing ? " (skipped: not installed)" : ""}`,
      async () => {
        const { status, err } = await outcome(...command, url, "");
        expect(status).not.toBe(0);
        expect(err).toContain("Prompt cannot be empty");
      },
    );
  }

  test("api_server.ts ends with 0 when it is told to stop", async () => {
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
  });
});
