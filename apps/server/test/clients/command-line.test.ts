import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { NO_END, type ServerProcess, startServer } from "./server-process.ts";

const hasCurl = Bun.which("curl") !== null;
const hasPython = Bun.which("python3") !== null;
let server: ServerProcess;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop("SIGKILL"));

async function run(...command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  const [out, error] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`${command[0]} failed: ${error}`);
  return out;
}

const curl = (path: string, body?: object, ...flags: string[]) =>
  run(
    "curl",
    "-sN",
    ...flags,
    ...(body === undefined ? [] : ["-H", "content-type: application/json", "-d", JSON.stringify(body)]),
    `${server.url}${path}`,
  );

const chat = {
  messages: [{ role: "user", content: "hello there" }],
  max_tokens: 8,
  temperature: 0,
  logit_bias: NO_END,
};

describe.skipIf(!hasCurl)("curl (skipped where it is missing)", () => {
  test("reads a chat as server-sent events, ended by [DONE]", async () => {
    const blocks = (await curl("/v1/chat/completions", { ...chat, stream: true })).split("\n\n");
    expect(blocks.splice(-2)).toEqual(["data: [DONE]", ""]);
    const chunks = blocks.map((block) => JSON.parse(block.replace(/^data: /, "")));
    expect(chunks[0].choices[0].delta).toEqual({ role: "assistant", content: "" });
    expect(chunks.at(-1).choices[0]).toMatchObject({ delta: {}, finish_reason: "length" });
    const streamed = chunks.map(({ choices }) => choices[0].delta.content ?? "").join("");
    const whole = JSON.parse(await curl("/v1/chat/completions", chat));
    expect(streamed).toBe(whole.choices[0].message.content);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  test("sees the headers that proxies heed", async () => {
    const head = await curl("/v1/chat/completions", { ...chat, stream: true }, "-D", "-", "-o", "/dev/null");
    expect(head).toMatch(/^HTTP\/1.1 200/);
    expect(head.toLowerCase()).toContain("content-type: text/event-stream");
    expect(head.toLowerCase()).toContain("x-accel-buffering: no");
    const status = ["-o", "/dev/null", "-w", "%{http_code}"];
    expect(await curl("/v1/chat/completions", { ...chat, model: "other" }, ...status)).toBe("404");
    expect(await curl("/v2/health/ready", undefined, ...status)).toBe("200");
  });

  test("hanging up leaves the server serving", async () => {
    const body = { ...chat, max_tokens: 4000, stream: true };
    expect(curl("/v1/chat/completions", body, "--max-time", "0.05")).rejects.toThrow();
    expect(JSON.parse(await curl("/v1/chat/completions", chat)).choices).toHaveLength(1);
  });

  test("speaks with Ollama's endpoints", async () => {
    const options = { num_predict: 4, temperature: 0 };
    const lines = (await curl("/api/chat", { model: "tiny", messages: chat.messages, options }))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ done: true, model: "tiny" });
    const once = await curl("/api/chat", { model: "tiny", messages: chat.messages, options, stream: false });
    expect(JSON.parse(once).message.content).toBe(lines.map(({ message }) => message.content).join(""));
    expect(JSON.parse(await curl("/api/tags")).models[0].name).toBe("tiny");
  });
});

describe.skipIf(!hasPython)("Python's standard library (skipped where it is missing)", () => {
  test("chats, streams and is told its mistakes", async () => {
    const script = new URL("./chat.py", import.meta.url).pathname;
    const said = JSON.parse(await run("python3", script, server.url));
    expect(said).toMatchObject({ same: true, done: true, status: 400, models: ["tiny"] });
    expect(said.whole).not.toBe("");
    expect(said.error).toMatchObject({ type: "invalid_request_error" });
  });
});
