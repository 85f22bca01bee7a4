import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { modelSource } from "../../src/commands/serve.ts";
import { cli, type Result, STACK, temporaryFolder, tinyModel, type World } from "../cli.ts";

const folder = temporaryFolder();
let model = "";
beforeAll(async () => {
  model = await tinyModel(folder.path);
});
const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
afterAll(async () => {
  folder.remove();
  await taken.stop(true);
});

/** Serves until `use` is done, as until Ctrl-C. */
async function serving(
  flags: readonly string[],
  use: (url: string, screen: string) => Promise<void>,
  world: World = {},
): Promise<Result> {
  const controller = new AbortController();
  const ready = Promise.withResolvers<string>();
  const result = cli(["serve", "-p", "0", ...flags], {
    ...world,
    signal: controller.signal,
    onOut: ready.resolve,
  });
  try {
    const screen = await Promise.race([
      ready.promise,
      result.then(({ err }) => Promise.reject(new Error(`it did not start: ${err}`))),
    ]);
    await use(/^ {2}address +(\S+)$/m.exec(screen)![1]!, screen);
  } finally {
    controller.abort(new Error("stop"));
  }
  return result;
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("serve", () => {
  test("serves until it is stopped, and ends with status 0", async () => {
    const { status, out, err } = await serving(["--model", model], async (url, screen) => {
      expect(screen).toContain("models    model\n");
      expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: "healthy" });
      const answer = await (await post(`${url}/generate`, { prompt: "hi", max_tokens: 3 })).json();
      expect(answer).toMatchObject({ num_generated: 3, finish_reason: "length" });
    });
    expect(status).toBe(0);
    expect(err).toContain("stopping: running requests may finish");
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("models have names; the first is the default", async () => {
    await serving(["--model", `one=${model}`, "--model", `two=${model}`, "--lazy"], async (url, screen) => {
      expect(screen).toContain("models    one, two\n");
      const { models } = (await (await fetch(`${url}/models`)).json()) as {
        models: { id: string; loaded: boolean }[];
      };
      expect(models.map(({ id, loaded }) => [id, loaded])).toEqual([
        ["one", false],
        ["two", false],
      ]);
      expect((await post(`${url}/tokenize`, { text: "a", model_id: "two" })).status).toBe(200);
      expect((await post(`${url}/tokenize`, { text: "a", model_id: "three" })).status).toBe(404);
    });
  });

  test("a pinned model is there from the start, the others on first use", async () => {
    const flags = ["--model", `one=${model}`, "--model", `two=${model}`, "--pin", "two"];
    await serving(flags, async (url) => {
      const { models } = (await (await fetch(`${url}/models`)).json()) as { models: { loaded: boolean }[] };
      expect(models.map(({ loaded }) => loaded)).toEqual([false, true]);
      expect((await post(`${url}/tokenize`, { text: "a", model_id: "one" })).status).toBe(200);
    });
  });

  test("--demo serves the built-in model, after those that are named", async () => {
    await serving(["--demo", "--model", model, "--lazy"], async (url, screen) => {
      expect(screen).toContain("models    model, realizar-demo\n");
      const answer = await post(`${url}/v1/chat/completions`, {
        model: "realizar-demo",
        messages: [{ role: "user", content: "Hello!" }],
        max_tokens: 20,
      });
      const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] };
      expect(choices[0]!.message.content).toMatch(/[a-z]/);
    });
  });

  test("an address that others reach is told, unless it asks for a key", async () => {
    const open = ["--model", model, "--lazy", "--host", "0.0.0.0"];
    expect((await serving(open, async () => {})).err).toContain("anyone who reaches this address may use it");
    expect((await serving([...open, "--api-key", "k"], async () => {})).err).not.toContain("anyone");
    expect((await serving(["--model", model, "--lazy"], async () => {})).err).not.toContain("anyone");
  });

  test("asks for the keys that it was given", async () => {
    const keys = join(folder.path, "keys");
    await writeFile(keys, "# people\n\n  file-key  \n");
    const flags = ["--model", model, "--lazy", "--api-key", "flag-key", "--api-key-file", keys];
    await serving(
      flags,
      async (url) => {
        const status = async (key: string) =>
          (await post(`${url}/tokenize`, { text: "a" }, { authorization: `Bearer ${key}` })).status;
        for (const key of ["flag-key", "file-key", "environment-key"]) expect(await status(key)).toBe(200);
        expect(await status("no-key")).toBe(401);
        expect((await fetch(`${url}/health`)).status).toBe(200);
      },
      { environment: { REALIZAR_API_KEY: "environment-key" } },
    );
  });

  test("bounds are handed on", async () => {
    const flags = ["--model", `a=${model}`, "--model", `b=${model}`, "--lazy", "--max-model-bytes", "1000"];
    await serving([...flags, "--model-idle", "60", "--request-timeout", "30"], async (url) => {
      const { status } = await post(`${url}/generate`, { prompt: "hi" });
      expect(status).toBe(507);
    });
    await serving(["--model", model, "--max-body-bytes", "20", "--max-requests", "1"], async (url) => {
      expect((await post(`${url}/generate`, { prompt: "a".repeat(20) })).status).toBe(413);
      expect((await post(`${url}/generate`, { prompt: "a" })).status).toBe(200);
    });
    await serving(["--model", model, "--ctx-size", "16", "--kv-type", "f16", "-t", "1"], async (url) => {
      const response = await post(`${url}/generate`, { prompt: "a".repeat(40), max_tokens: 3 });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("16 tokens");
    });
  });

  const refusals: readonly (readonly [string, number, () => readonly string[], RegExp])[] = [
    ["a model that cannot be loaded", 1, () => ["--model", import.meta.path], /cannot be loaded/],
    ["a model that is not there", 1, () => ["--model", "/nowhere/m.gguf"], /does not exist/],
    ["a pin of no model", 2, () => ["--model", model, "--pin", "b"], /--pin b: no --model has this name/],
    ["a name given twice", 2, () => ["--model", model, "--model", model], /"model" twice/],
    [
      "an address of another machine",
      1,
      () => ["--model", model, "--host", "192.0.2.1"],
      /cannot listen on 192\.0\.2\.1:0/,
    ],
    [
      "a port in use",
      1,
      () => ["--model", model, "--port", `${taken.port}`],
      /cannot listen on 127\.0\.0\.1:\d+: the port is in use; choose another/,
    ],
    ["an empty key file", 2, () => ["--model", model, "--api-key-file", "/dev/null"], /no API key/],
    [
      "a certificate that is not there",
      1,
      () => ["--model", model, "--tls-cert", "/no", "--tls-key", "/no"],
      /\/no/,
    ],
  ];
  for (const [name, status, flags, message] of refusals) {
    test(`${name}: one line, exit ${status}`, async () => {
      const result = await cli(["serve", "-p", "0", ...flags()]);
      expect(result.status).toBe(status);
      expect(result.out).toBe("");
      const told = result.err.replace(/^realizar \S+ on .*\n/, "");
      expect(told).toMatch(message);
      expect(told).toMatch(/^realizar: [^\n]+\n$/);
      expect(told).not.toMatch(STACK);
    });
  }

  test("an interruption that is there already stops it at once", async () => {
    const { status } = await cli(["serve", "-p", "0", "--lazy", "--model", model], {
      signal: AbortSignal.abort(new Error("stop")),
    });
    expect(status).toBe(0);
  });
});

test("a model's id is its name, or what its file is called", () => {
  expect(modelSource("a/b/model.gguf")).toEqual({ id: "model", path: "a/b/model.gguf" });
  expect(modelSource("small=a/b.gguf")).toEqual({ id: "small", path: "a/b.gguf" });
  expect(modelSource("org:1.5@x=/m=1.safetensors")).toEqual({ id: "org:1.5@x", path: "/m=1.safetensors" });
  expect(modelSource("folder/")).toEqual({ id: "folder", path: "folder/" });
  expect(modelSource("dir/a=b.gguf")).toEqual({ id: "a=b", path: "dir/a=b.gguf" });
  expect(modelSource("/")).toEqual({ id: "model", path: "/" });
});
