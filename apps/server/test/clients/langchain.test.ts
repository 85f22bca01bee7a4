import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { type ServerProcess, startServer } from "./server-process.ts";

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop("SIGKILL"));

const chat = (model = "tiny") =>
  new ChatOpenAI({
    model,
    apiKey: "none",
    temperature: 0,
    maxTokens: 12,
    maxRetries: 0,
    configuration: { baseURL: `${server.url}/v1` },
  });
const messages = [new SystemMessage("be brief"), new HumanMessage("hello there")];

describe("LangChain's ChatOpenAI", () => {
  test("invoke and stream agree", async () => {
    const whole = await chat().invoke(messages);
    expect(whole.text).not.toBe("");
    expect(whole.usage_metadata?.output_tokens).toBeGreaterThan(0);
    expect(["length", "stop"]).toContain(whole.response_metadata.finish_reason as string);
    let text = "";
    for await (const chunk of await chat().stream(messages)) text += chunk.text;
    expect(text).toBe(whole.text);
  });

  test("batch answers in order", async () => {
    const answers = await chat().batch([messages, [new HumanMessage("x")]]);
    const alone = await Promise.all([chat().invoke(messages), chat().invoke([new HumanMessage("x")])]);
    expect(answers.map(({ text }) => text)).toEqual(alone.map(({ text }) => text));
  });

  test("OpenAIEmbeddings embeds documents and queries alike", async () => {
    const embeddings = new OpenAIEmbeddings({
      model: "tiny",
      apiKey: "none",
      configuration: { baseURL: `${server.url}/v1` },
    });
    const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`);
    const vectors = await embeddings.embedDocuments(texts);
    expect(vectors).toHaveLength(40);
    expect(Math.hypot(...vectors[7]!)).toBeCloseTo(1, 5);
    expect(await embeddings.embedQuery("text 7")).toEqual(vectors[7]!);
  });

  test("errors keep their status", async () => {
    expect(
      await chat("other")
        .invoke(messages)
        .catch((e) => e),
    ).toMatchObject({ status: 404 });
  });
});
