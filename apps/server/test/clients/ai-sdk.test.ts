import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, embedMany, generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import { toyServer } from "../toy-server.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop("SIGKILL"));

const provider = () =>
  createOpenAICompatible({ name: "realizar", baseURL: `${server.url}/v1`, includeUsage: true });
const settings = { prompt: "hello there", maxOutputTokens: 12, seed: 3, maxRetries: 0 };

describe("the AI SDK's OpenAI-compatible provider", () => {
  test("generateText and streamText agree", async () => {
    const model = provider().chatModel("tiny");
    const whole = await generateText({ ...settings, model });
    expect(whole.text).not.toBe("");
    expect(["length", "stop"]).toContain(whole.finishReason);
    expect(whole.usage.inputTokens).toBeGreaterThan(0);

    const stream = streamText({ ...settings, model });
    const pieces = await Array.fromAsync(stream.textStream);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join("")).toBe(whole.text);
    expect(await stream.finishReason).toBe(whole.finishReason);
    expect((await stream.usage).outputTokens).toBe(whole.usage.outputTokens!);
  });

  test("system messages and several turns", async () => {
    const { text } = await generateText({
      model: provider().chatModel("tiny"),
      maxRetries: 0,
      maxOutputTokens: 4,
      seed: 1,
      messages: [
        { role: "user", content: "a" },
        { role: "assistant", content: "b" },
        { role: "user", content: [{ type: "text", text: "c" }] },
      ],
    });
    expect(typeof text).toBe("string");
  });

  test("completion models", async () => {
    const { usage } = await generateText({ ...settings, model: provider().completionModel("tiny") });
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  test("tools are called and told what came of it", async () => {
    const { server: toy } = toyServer(
      {},
      {
        chatTemplate: "{% for m in messages %}{{ m.role }}{% endfor %}{# <tool_call> {{ tools }} #}~",
        says: ["<tool_call>", '{"name": "weather", "arguments": {"city": "Oslo"}}', "</tool_call>"],
      },
    );
    const cities: string[] = [];
    const weather = tool({
      inputSchema: jsonSchema<{ city: string }>({ type: "object", properties: { city: { type: "string" } } }),
      execute({ city }) {
        cities.push(city);
        return "rain";
      },
    });
    const model = createOpenAICompatible({
      name: "toy",
      baseURL: "http://toy/v1",
      fetch: (async (url: string, init: RequestInit) => toy.app.request(url, init)) as typeof fetch,
    }).chatModel("toy");
    const asked = { model, prompt: "Rain?", tools: { weather }, stopWhen: stepCountIs(2), maxRetries: 0 };
    const { steps } = await generateText({ ...asked, temperature: 0 });
    expect(steps).toHaveLength(2);
    expect(steps[0]!.toolResults).toMatchObject([{ input: { city: "Oslo" }, output: "rain" }]);
    const stream = streamText({ ...asked, temperature: 0 });
    expect(await stream.finishReason).toBe("tool-calls");
    expect(cities).toEqual(["Oslo", "Oslo", "Oslo", "Oslo"]);
    await toy.close();
  });

  test("embedding models", async () => {
    const model = provider().embeddingModel("tiny");
    const { embeddings, usage } = await embedMany({ model, values: ["abc", "x", "abc"], maxRetries: 0 });
    expect(embeddings).toHaveLength(3);
    expect(embeddings[2]).toEqual(embeddings[0]!);
    expect(embeddings[1]).not.toEqual(embeddings[0]!);
    expect(usage.tokens).toBeGreaterThan(3);
  });

  test("an error keeps its status and message", async () => {
    const failure = await generateText({ ...settings, model: provider().chatModel("other") }).catch((e) => e);
    expect(APICallError.isInstance(failure)).toBe(true);
    expect(failure).toMatchObject({ statusCode: 404, isRetryable: false });
    expect(failure.message).toContain('"other" does not exist');
  });
});
