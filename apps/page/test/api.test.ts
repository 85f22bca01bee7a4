import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Api, type GenerationEvent, type GenerationRequest, generate, listModels } from "../src/api.ts";
import { ApiError, asSentence, ConnectionError, messageOf } from "../src/errors.ts";
import { DEFAULT_SETTINGS } from "../src/settings.ts";
import { ANSWER_TEXT, BASE, CHAT, SLOW, THINKING } from "./fake-models.ts";
import { type FakeServer, startFakeServer } from "./fake-server.ts";

let server: FakeServer;
let api: Api;
beforeAll(() => {
  server = startFakeServer([], [CHAT, THINKING, BASE, SLOW]);
  api = { fetch: (url, init) => fetch(url, init), base: server.url, apiKey: () => "" };
});
afterAll(() => server.stop());

const chat = (model: string): GenerationRequest => ({
  model,
  settings: DEFAULT_SETTINGS,
  input: { messages: [{ role: "user", content: "Why?" }] },
});

async function collect(request: GenerationRequest, using = api): Promise<GenerationEvent[]> {
  return Array.fromAsync(generate(using, request, new AbortController().signal));
}

const joined = (events: readonly GenerationEvent[], channel: "content" | "reasoning") =>
  events.map((event) => (event.type === "delta" ? event[channel] : "")).join("");

async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (thrown) {
    return thrown as Error;
  }
  throw new Error("nothing was thrown");
}

test("lists the models", async () => {
  expect(await listModels(api)).toEqual(["chat-model", "thinking-model", "base-model", "slow-model"]);
});

test("streams a chat with its alternatives, its end and its usage", async () => {
  const events = await collect(chat("chat-model"));
  expect(joined(events, "content")).toBe(ANSWER_TEXT);
  const first = events.find((event) => event.type === "delta");
  expect(first).toMatchObject({ tokens: [{ text: "Salt", logprob: Math.log(0.82) }] });
  expect(first!.tokens[0]!.top.map(({ text }) => text)).toEqual(["Salt", " perhaps", "\n", " a", " the"]);
  expect(events.slice(-2)).toEqual([
    { type: "finish", reason: "stop" },
    { type: "usage", usage: { promptTokens: 24, completionTokens: CHAT.tokens.length, cachedTokens: 16 } },
  ]);
  expect(server.bodies.at(-1)).toEqual({
    model: "chat-model",
    messages: [{ role: "user", content: "Why?" }],
    temperature: 0.8,
    top_p: 0.95,
    top_k: 40,
    min_p: 0.05,
    max_tokens: 1024,
    stream: true,
    stream_options: { include_usage: true },
    logprobs: true,
    top_logprobs: 5,
  });
});

test("keeps reasoning apart", async () => {
  const events = await collect(chat("thinking-model"));
  expect(joined(events, "reasoning")).toBe("The reader wants it short.");
  expect(joined(events, "content")).toBe("Because of the ions.");
});

test("streams a completion with its alternatives, likeliest first", async () => {
  const events = await collect({ ...chat("base-model"), input: { prompt: "Once" } });
  expect(joined(events, "content")).toBe(" there was a keeper.");
  const second = events.filter((event) => event.type === "delta")[1]!;
  expect(second.tokens[0]!.text).toBe(" was");
  expect(second.tokens[0]!.top.map(({ text }) => text)).toEqual([" perhaps", " was", "\n", " a"]);
  expect(server.bodies.at(-1)).toMatchObject({ prompt: "Once", logprobs: 5, max_tokens: 1024 });
  expect(server.bodies.at(-1)).not.toHaveProperty("top_logprobs");
});

test("a refusal is its sentence", async () => {
  server.failNext(400, { message: "top_p must be a number from 0 to 1", param: "top_p", code: "bad" });
  const error = (await failure(collect(chat("chat-model")))) as ApiError;
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    status: 400,
    message: "Top_p must be a number from 0 to 1.",
    reason: "bad",
    param: "top_p",
  });
});

test("an error within the stream ends it", async () => {
  server.breakNext({ message: "the worker was lost" });
  expect(await failure(collect(chat("chat-model")))).toMatchObject({
    status: 200,
    message: "The worker was lost.",
  });
  server.breakNext({});
  expect(messageOf(await failure(collect(chat("chat-model"))))).toBe("The server failed while it answered.");
});

test("a stream that is cut is told of", async () => {
  server.breakNext("cut");
  const error = await failure(collect(chat("chat-model")));
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error.message).toBe("The connection ended before the answer did.");
});

const answering = (make: () => Response): Api => ({ ...api, fetch: async () => make() });

test("a connection that breaks is told of", async () => {
  const body = () =>
    new ReadableStream({ pull: (controller) => controller.error(new TypeError("network error")) });
  expect(
    messageOf(
      await failure(
        collect(
          chat("x"),
          answering(() => new Response(body())),
        ),
      ),
    ),
  ).toBe("The connection broke before the answer ended.");
  const unreachable: Api = { ...api, fetch: () => Promise.reject(new TypeError("refused")) };
  expect(messageOf(await failure(listModels(unreachable)))).toStartWith("The server cannot be reached.");
});

test("answers of other shapes are taken for what they hold", async () => {
  const plain = answering(() => Response.json({ error: "overloaded" }, { status: 503 }));
  expect(messageOf(await failure(listModels(plain)))).toBe("Overloaded.");
  const html = answering(() => new Response("<html>", { status: 502 }));
  expect(messageOf(await failure(listModels(html)))).toBe("The server answered with status 502.");
  expect(await listModels(answering(() => new Response("nonsense")))).toEqual([]);
  const odd = 'data: null\n\ndata: {"choices": 3}\n\ndata: {broken\n\ndata: [DONE]\n\n';
  expect(
    await collect(
      chat("x"),
      answering(() => new Response(odd)),
    ),
  ).toEqual([]);
});

test("stopping leaves the server's generation", async () => {
  const controller = new AbortController();
  const before = server.left();
  let seen = 0;
  const error = await failure(
    (async () => {
      for await (const _ of generate(api, chat("slow-model"), controller.signal)) {
        if (++seen === 3) controller.abort();
      }
    })(),
  );
  expect(error.name).toBe("AbortError");
  expect(seen).toBe(3);
  while (server.left() === before) await Bun.sleep(1);
});

test("sends the key", async () => {
  server.setKey("secret");
  const refused = (await failure(listModels(api))) as ApiError;
  const listed = await listModels({ ...api, apiKey: () => "secret" });
  server.setKey("");
  expect(refused.status).toBe(401);
  expect(listed).toHaveLength(4);
});

test("sentences", () => {
  expect(asSentence(" no space left ")).toBe("No space left.");
  expect(asSentence("Why?")).toBe("Why?");
  expect(asSentence("")).toBe("The server gave no reason.");
  expect(messageOf(new TypeError("x is null"))).toBe("Something in this page went wrong: X is null.");
  expect(messageOf("odd")).toBe("Something in this page went wrong: Odd.");
});
