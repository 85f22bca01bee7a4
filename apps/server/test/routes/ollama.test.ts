import { describe, expect, test } from "bun:test";
import { toyOpener } from "../toy-model.ts";
import { toyServer, turnstile } from "../toy-server.ts";

const TEMPLATE =
  "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if enable_thinking %}<think>{% else %}{# </think> #}a{% endif %}";
const { ask } = toyServer({}, { chatTemplate: TEMPLATE });
const bare = toyServer();
const options = { temperature: 0, num_predict: 3 };
const messages = [{ role: "user", content: "hi" }];

const lines = async (response: Response) =>
  (await response.text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const FIGURES = {
  done: true,
  done_reason: "length",
  total_duration: expect.any(Number),
  load_duration: expect.any(Number),
  prompt_eval_count: expect.any(Number),
  prompt_eval_duration: expect.any(Number),
  eval_count: 3,
  eval_duration: expect.any(Number),
};

describe("Ollama's interface", () => {
  test("/api/version and /api/tags", async () => {
    expect(await (await ask("/api/version")).json()).toEqual({ version: "1.2.3" });
    const { models } = await (await toyServer().ask("/api/tags")).json();
    expect(models).toEqual([
      {
        name: "toy",
        model: "toy",
        modified_at: expect.stringMatching(/^\d{4}-/),
        size: 1000,
        digest: "",
        details: {
          parent_model: "",
          format: "gguf",
          family: "",
          families: [],
          parameter_size: "",
          quantization_level: "",
        },
      },
    ]);
  });

  test("/api/show tells what is known; the model is then loaded and /api/tags knows more", async () => {
    const server = toyServer();
    for (const body of [{ model: "toy" }, { name: "toy:latest", verbose: true }]) {
      const shown = await (await server.ask("/api/show", body)).json();
      expect(shown).toMatchObject({
        template: "",
        details: { family: "toy", parameter_size: "12.3M", quantization_level: "F32" },
        model_info: { "general.architecture": "toy", "toy.context_length": 256 },
        capabilities: ["completion"],
      });
    }
    const { models } = await (await server.ask("/api/tags")).json();
    expect(models[0].details.families).toEqual(["toy"]);
    expect((await server.ask("/api/show", {})).status).toBe(400);
    expect((await server.ask("/api/show", { model: "none" })).status).toBe(404);
  });

  test.each([
    [1_100_048_384, "1.1B"],
    [260_032, "260K"],
    [2_000_000, "2M"],
    [12, "12"],
    [undefined, ""],
  ])("%p parameters are %p", async (parameterCount, size) => {
    const opener = toyOpener();
    const open = async (...args: Parameters<typeof opener.open>) => {
      const model = await opener.open(...args);
      return { ...model, facts: { ...model.facts, parameterCount } };
    };
    const server = toyServer({ opener: { ...opener, open } });
    const shown = await (await server.ask("/api/show", { model: "toy" })).json();
    expect(shown.details.parameter_size).toBe(size);
  });

  test("/api/chat streams lines of JSON", async () => {
    const response = await ask("/api/chat", { model: "toy", messages, options });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const got = await lines(response);
    const head = { model: "toy", created_at: expect.any(String) };
    const piece = (content: string) => ({
      ...head,
      message: { role: "assistant", content },
      done: false,
    });
    expect(got).toEqual([piece("b"), piece("c"), piece("d"), { ...piece(""), ...FIGURES }]);
  });

  test("/api/chat answers in one object without stream, reasoning apart", async () => {
    const body = { model: "toy", messages, options, stream: false };
    const whole = await (await ask("/api/chat", body)).json();
    expect(whole).toMatchObject({ message: { role: "assistant", content: "bcd" }, ...FIGURES });
    const thought = await (await ask("/api/chat", { ...body, think: true })).json();
    expect(thought.message).toEqual({ role: "assistant", content: "", thinking: "abc" });
    const streamed = await lines(await ask("/api/chat", { ...body, stream: true, think: true }));
    expect(streamed.map(({ message }) => message.thinking ?? "").join("")).toBe("abc");
    const history = [...messages, { role: "assistant", content: "x", thinking: "y" }, ...messages];
    expect((await ask("/api/chat", { ...body, messages: history })).status).toBe(200);
  });

  test("/api/generate answers through the template, or raw, or without one", async () => {
    const body = { model: "toy", prompt: "hx", options, stream: false };
    const text = async (server: { ask: typeof ask }, more: object = {}) =>
      (await (await server.ask("/api/generate", { ...body, ...more })).json()).response;
    expect(await text({ ask })).toBe("bcd");
    expect(await text({ ask }, { raw: true })).toBe("yza");
    expect(await text(bare)).toBe("yza");
    expect(await text(bare, { system: "be" })).toBe("yza");
    expect(await text({ ask }, { system: "be", think: false })).toBe("bcd");
    const streamed = await lines(await ask("/api/generate", { ...body, stream: true }));
    expect(streamed.map(({ response }) => response)).toEqual(["b", "c", "d", ""]);
    expect(streamed.at(-1)).toMatchObject(FIGURES);
  });

  test("without anything to answer the model is only loaded", async () => {
    const server = toyServer();
    const chat = await (await server.ask("/api/chat", { model: "toy" })).json();
    expect(chat).toMatchObject({ done: true, done_reason: "load", message: { content: "" } });
    const generate = await (await server.ask("/api/generate", { model: "toy" })).json();
    expect(generate).toMatchObject({ done: true, done_reason: "load", response: "" });
    expect(await (await server.ask("/models")).json()).toMatchObject({ models: [{ loaded: true }] });
  });

  test("options of how to run are the server's", async () => {
    const body = { model: "toy", prompt: "a", stream: false };
    const more = {
      ...options,
      num_thread: 4,
      num_gpu: 0,
      use_mmap: true,
      mirostat: 0,
      tfs_z: 1,
      typical_p: 1,
    };
    const answer = await (await bare.ask("/api/generate", { ...body, options: more })).json();
    expect(answer.response).toBe("bcd");
  });

  test("/api/ps tells what is loaded, and keep_alive for how long", async () => {
    const server = toyServer();
    const ps = async () => (await (await server.ask("/api/ps")).json()).models;
    expect(await ps()).toEqual([]);
    const ask1 = (more: object) =>
      server.ask("/api/generate", { model: "toy", prompt: "a", options, stream: false, ...more });
    await ask1({});
    expect(await ps()).toEqual([
      {
        name: "toy",
        model: "toy",
        size: 1000,
        digest: "",
        details: expect.objectContaining({ family: "toy", format: "gguf" }),
        expires_at: "9999-12-31T23:59:59Z",
        size_vram: 0,
        context_length: 256,
      },
    ]);
    const before = Date.now();
    await ask1({ keep_alive: "5m" });
    const left = Date.parse((await ps())[0].expires_at) - before;
    expect(left).toBeGreaterThan(299_000);
    expect(left).toBeLessThan(400_000);
    await ask1({ keep_alive: -1 });
    expect((await ps())[0].expires_at).toBe("9999-12-31T23:59:59Z");
    await server.server.close();
  });

  test("keep_alive unloads an idle model, never one that is in use or pinned", async () => {
    const gate = turnstile();
    const server = toyServer({}, { beforeStep: gate.pass });
    const loaded = async () => (await (await server.ask("/models")).json()).models[0].loaded;
    const using = server.ask("/api/generate", { model: "toy", prompt: "a", options, stream: false });
    while (!(await loaded())) await Bun.sleep(1);
    const quick = await (await server.ask("/api/generate", { model: "toy", keep_alive: 0 })).json();
    expect(quick.done_reason).toBe("unload");
    await Bun.sleep(5);
    expect(await loaded()).toBe(true);
    gate.open();
    expect((await using).status).toBe(200);
    while (await loaded()) await Bun.sleep(1);

    const pinned = toyServer({ models: [{ id: "toy", path: "/models/toy.gguf", pinned: true }] });
    const kept = await (await pinned.ask("/api/chat", { model: "toy", keep_alive: 0 })).json();
    expect(kept.done_reason).toBe("load");
    await Bun.sleep(5);
    expect((await (await pinned.ask("/models")).json()).models[0].loaded).toBe(true);
    await pinned.ask("/api/embed", { model: "toy", input: "a", keep_alive: "10ms" });
    await pinned.server.close();
  });

  test("options reach the generation", async () => {
    const ask3 = async (more: object) =>
      (
        await (
          await bare.ask("/api/generate", {
            model: "toy",
            prompt: "a",
            stream: false,
            options: { ...options, ...more },
          })
        ).json()
      ).response;
    expect(await ask3({ stop: ["c"] })).toBe("b");
    expect(await ask3({ temperature: 50, top_k: 1 })).toBe("bcd");
    expect(await ask3({ temperature: 50, top_k: 0, top_p: 0.0001 })).toBe("bcd");
    expect(await ask3({ temperature: 50, min_p: 1 })).toBe("bcd");
    expect(await ask3({ num_ctx: 256, seed: 4, repeat_penalty: 1, repeat_last_n: -1 })).toBe("bcd");
    expect((await ask3({ num_predict: -1 })).length).toBe(254);
  });

  test("a content type may be missing, unless a web page asks", async () => {
    const { server } = toyServer();
    const body = JSON.stringify({ model: "toy", prompt: "a", options });
    const send = (headers: Record<string, string>) =>
      server.app.request("/api/generate", { method: "POST", body, headers });
    expect((await send({ "content-type": "application/x-www-form-urlencoded" })).status).toBe(200);
    expect((await send({ "content-type": "text/plain", origin: "https://evil.example" })).status).toBe(415);
  });

  test.each([
    ["/api/generate", { prompt: "a" }, "model is required: it must be a string"],
    ["/api/generate", { model: "toy", prompt: "a", format: "json" }, /^format is not supported/],
    ["/api/generate", { model: "toy", prompt: "a", images: ["x"] }, /^images is not supported/],
    [
      "/api/chat",
      { model: "toy", messages, tools: [{ type: "function", function: { name: "f" } }] },
      /^tools is not supported by the chat template/,
    ],
    ["/api/chat", { model: "toy", messages, options: { mirostat: 1 } }, /^options.mirostat is not supported/],
    ["/api/chat", { model: "toy", messages, options: { mirror: 1 } }, /^Unknown field "options.mirror"/],
    [
      "/api/chat",
      { model: "toy", messages, keep_alive: "soon" },
      /^keep_alive must be seconds, or a duration/,
    ],
    [
      "/api/chat",
      { model: "toy", messages, options: { num_ctx: 1000 } },
      /^options.num_ctx must be at most 256/,
    ],
    ["/api/chat", { model: "toy", messages, options: 5 }, "options must be an object, but is 5"],
    [
      "/api/chat",
      { model: "toy", messages: [{ role: "user", content: "a".repeat(300) }] },
      /exceeds the available/,
    ],
  ] as [string, object, string | RegExp][])("%s %j is refused", async (path, body, message) => {
    const response = await ask(path, body);
    expect(response.status).toBe(400);
    const { error } = await response.json();
    if (typeof message === "string") expect(error).toBe(message);
    else expect(error).toMatch(message);
  });

  test("an error after the start is the last line", async () => {
    const gate = turnstile();
    const server = toyServer({ limits: { firstEventMs: 1 } }, { beforeStep: gate.pass });
    const response = await server.ask("/api/generate", { model: "toy", prompt: "T" });
    expect(response.status).toBe(200);
    gate.open();
    expect(await lines(response)).toEqual([
      { error: "the forward pass failed: matmul_q4_0 trapped: unreachable" },
    ]);
  });
});
