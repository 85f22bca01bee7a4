import { describe, expect, test } from "bun:test";
import { toyServer } from "./toy-server.ts";

describe("/openapi.json", () => {
  test("describes every endpoint from the schemas it checks with", async () => {
    const { ask } = toyServer();
    const response = await ask("/openapi.json");
    expect(response.headers.get("content-type")).toBe("application/json");
    const document = await response.json();
    expect(document.openapi).toBe("3.1.0");
    expect(document.info).toMatchObject({ title: "realizar", version: "1.2.3" });
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        "/health",
        "/tokenize",
        "/detokenize",
        "/generate",
        "/batch/tokenize",
        "/batch/generate",
        "/stream/generate",
        "/models",
        "/metrics",
        "/openapi.json",
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/models",
        "/v1/models/{model}",
        "/api/chat",
        "/api/embed",
        "/api/embeddings",
      ]),
    );
    const generate = document.paths["/generate"].post;
    const schema = generate.requestBody.content["application/json"].schema;
    expect(schema).toMatchObject({ type: "object", required: ["prompt"], additionalProperties: false });
    expect(schema.properties.max_tokens).toMatchObject({ type: "integer", default: 50, minimum: 0 });
    expect(schema.properties.top_p).toMatchObject({ exclusiveMinimum: 0, maximum: 1, default: 0.9 });
    expect(schema.properties.strategy.enum).toEqual(["greedy", "top_k", "top_p"]);
    const answer = generate.responses[200].content["application/json"].schema;
    expect(answer.required).toEqual(["token_ids", "text", "num_generated", "finish_reason", "seed"]);
    expect(document.paths["/health"].get.security).toEqual([]);
    const chat = document.paths["/v1/chat/completions"].post;
    expect(Object.keys(chat.responses[200].content)).toEqual(["application/json", "text/event-stream"]);
    expect(chat.responses["4XX"].content["application/json"].schema.$ref).toContain("openaiError");
    const prompts =
      document.paths["/batch/generate"].post.requestBody.content["application/json"].schema.properties
        .prompts;
    expect(prompts).toMatchObject({ type: "array", items: { type: "string" }, maxItems: 128 });
    expect(await (await ask("/openapi.json")).json()).toEqual(document);
  });
});
