import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "@realizar/llm";
import { writeTinyEncoder } from "@realizar/testing/tiny-files";
import OpenAI, { APIUserAbortError, AuthenticationError, BadRequestError, NotFoundError } from "openai";
import { toyServer } from "../toy-server.ts";
import { metric, NO_END, type ServerProcess, startServer, TINY } from "./server-process.ts";

const KEY = "sk-of-this-test";
const folder = mkdtempSync(join(tmpdir(), "realizar-openai-"));
let server: ServerProcess;
let client: OpenAI;
beforeAll(async () => {
  const encoder = await writeTinyEncoder(join(folder, "encoder.gguf"), { pooling: 2 });
  server = await startServer("--api-key", KEY, "--model", `encoder=${encoder}`);
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: KEY, maxRetries: 0 });
});
afterAll(async () => {
  await server.stop("SIGKILL");
  rmSync(folder, { recursive: true });
});

const chat = {
  model: "tiny",
  messages: [{ role: "user" as const, content: "hello there" }],
  max_tokens: 12,
  seed: 7,
  logit_bias: NO_END,
};

/** The error that the call must end with. */
async function errorOf(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("the call did not fail");
}

describe("openai", () => {
  test("lists and retrieves models", async () => {
    const ids = (await Array.fromAsync(client.models.list())).map(({ id }) => id);
    expect(ids).toEqual(["tiny", "encoder"]);
    expect((await client.models.retrieve("tiny")).object).toBe("model");
  });

  test("streams the same answer that it gives at once", async () => {
    const whole = await client.chat.completions.create(chat);
    const stream = await client.chat.completions.create({
      ...chat,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let chunks = 0;
    const reasons: (string | null)[] = [];
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      chunks++;
      text += chunk.choices[0]?.delta.content ?? "";
      if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason);
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(whole.choices[0]!.message.content!);
    expect(text).not.toBe("");
    expect(chunks).toBeGreaterThan(4);
    expect(reasons).toEqual(["length"]);
    expect(whole.usage).toMatchObject({ completion_tokens: 12 });
    expect(usage).toMatchObject({ completion_tokens: 12, prompt_tokens: whole.usage!.prompt_tokens });
  });

  test("the stream helper gathers the same answer, and every choice has its own", async () => {
    const stream = client.chat.completions.stream({ ...chat, n: 2, temperature: 1 });
    const { choices } = await stream.finalChatCompletion();
    const whole = await client.chat.completions.create({ ...chat, n: 2, temperature: 1 });
    expect(choices.map(({ message }) => message.content)).toEqual(
      whole.choices.map(({ message }) => message.content),
    );
    expect(new Set(choices.map(({ message }) => message.content)).size).toBe(2);
  });

  test("log-probabilities of a chat, with alternatives", async () => {
    const { choices } = await client.chat.completions.create({
      ...chat,
      temperature: 0,
      logprobs: true,
      top_logprobs: 3,
    });
    const tokens = choices[0]!.logprobs!.content!;
    expect(tokens).toHaveLength(12);
    for (const { token, logprob, top_logprobs } of tokens) {
      expect(top_logprobs).toHaveLength(3);
      expect(top_logprobs[0]).toMatchObject({ token, logprob });
    }
  });

  test("echo with logprobs scores a prompt without generating", async () => {
    const prompt = "once upon";
    const { choices } = await client.completions.create({
      model: "tiny",
      prompt,
      max_tokens: 0,
      echo: true,
      logprobs: 2,
    });
    const { text, logprobs } = choices[0]!;
    expect(text).toBe(prompt);
    expect(logprobs!.token_logprobs![0]).toBeNull();
    expect(logprobs!.token_logprobs!.slice(1).every((value) => value < 0)).toBe(true);
    expect(logprobs!.tokens).toHaveLength(logprobs!.token_logprobs!.length);
  });

  test("completions: several prompts, token ids, streams", async () => {
    const settings = { model: "tiny", max_tokens: 5, temperature: 0, logit_bias: NO_END };
    const { choices } = await client.completions.create({ ...settings, prompt: ["abc", "xyz"] });
    expect(choices.map(({ index }) => index)).toEqual([0, 1]);
    const ids = await client.completions.create({ ...settings, prompt: [1, 261, 262] });
    expect(ids.usage!.prompt_tokens).toBe(3);
    let streamed = "";
    for await (const chunk of await client.completions.create({ ...settings, prompt: "abc", stream: true }))
      streamed += chunk.choices[0]?.text ?? "";
    expect(streamed).toBe(choices[0]!.text);
  });

  test.each(["encoder", "tiny"])("embeddings of %s are the library's, in either encoding", async (model) => {
    const input = ["a cat sat", "rain, then sun"];
    const { data, usage } = await client.embeddings.create({ model, input });
    const floats = await client.embeddings.create({ model, input, encoding_format: "float" });
    expect(data.map(({ embedding }) => embedding)).toEqual(floats.data.map(({ embedding }) => embedding));
    expect(usage.prompt_tokens).toBeGreaterThan(10);
    await using llm = await load(model === "tiny" ? TINY : join(folder, "encoder.gguf"), { threads: 1 });
    for (const [i, text] of input.entries()) expect(data[i]!.embedding).toEqual([...(await llm.embed(text))]);
  });

  test("tool calls, at once and through the stream helper", async () => {
    const { server: toy } = toyServer(
      {},
      {
        chatTemplate: "{% for m in messages %}{{ m.content }}{% endfor %}{# <tool_call> {{ tools }} #}~",
        says: [
          "Let me ",
          "see.",
          "<tool_call>",
          '{"name": "weather", ',
          '"arguments": {"city": "Oslo"}}</tool_call>',
        ],
      },
    );
    const local = new OpenAI({
      baseURL: "http://toy/v1",
      apiKey: "any",
      fetch: async (url, init) => toy.app.request(String(url), init),
    });
    const body = {
      model: "toy",
      messages: [{ role: "user" as const, content: "Is it raining?" }],
      tools: [{ type: "function" as const, function: { name: "weather", parameters: { type: "object" } } }],
      temperature: 0,
    };
    const called = { type: "function", function: { name: "weather", arguments: '{"city": "Oslo"}' } };
    const { choices } = await local.chat.completions.create(body);
    expect(choices[0]!.message.tool_calls).toMatchObject([called]);
    const final = await local.chat.completions.stream(body).finalChatCompletion();
    expect(final.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: "Let me see.", tool_calls: [called] },
    });
    await toy.close();
  });

  test("a stop string ends the answer before it", async () => {
    const { choices } = await client.chat.completions.create(chat);
    const text = choices[0]!.message.content!;
    const stop = text.slice(3, 5);
    const stopped = await client.chat.completions.create({ ...chat, stop });
    expect(stopped.choices[0]!.message.content).toBe(text.slice(0, text.indexOf(stop)));
    expect(stopped.choices[0]!.finish_reason).toBe("stop");
  });

  test("errors are of the client's classes, with their fields", async () => {
    const unknown = await errorOf(client.chat.completions.create({ ...chat, model: "gpt" }));
    expect(unknown).toBeInstanceOf(NotFoundError);
    expect(unknown).toMatchObject({ status: 404, code: "model_not_found", param: "model" });

    const hot = await errorOf(client.chat.completions.create({ ...chat, temperature: 9 }));
    expect(hot).toBeInstanceOf(BadRequestError);
    expect(hot).toMatchObject({ type: "invalid_request_error", param: "temperature" });

    const long = await errorOf(
      client.completions.create({ model: "tiny", prompt: "a b ".repeat(4000), max_tokens: 1 }),
    );
    expect(long).toBeInstanceOf(BadRequestError);
    expect(long).toMatchObject({ type: "exceed_context_size_error", error: { n_ctx: 4096 } });

    const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "sk-wrong", maxRetries: 0 });
    const refused = await errorOf(stranger.models.list());
    expect(refused).toBeInstanceOf(AuthenticationError);
    expect(refused).toMatchObject({ status: 401, code: "invalid_api_key" });
    expect((refused as AuthenticationError).requestID).toMatch(/^[\w-]{36}$/);
  });

  test("abort ends the stream, and the server stops generating", async () => {
    const controller = new AbortController();
    const long = { ...chat, max_tokens: 4000, stream: true as const };
    let chunks = 0;
    for await (const _ of await client.chat.completions.create(long, { signal: controller.signal }))
      if (++chunks === 3) controller.abort();
    expect(chunks).toBeLessThan(1000);
    const headers = { authorization: `Bearer ${KEY}` };
    while ((await metric(server.url, "realizar_requests_in_flight", headers)) !== 0) await Bun.sleep(2);

    controller.abort();
    const early = client.chat.completions.create(chat, { signal: controller.signal });
    expect(await errorOf(early)).toBeInstanceOf(APIUserAbortError);
  });
});
