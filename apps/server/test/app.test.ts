import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { toyServer } from "./toy-server.ts";

const { ask, server } = toyServer();

const refusal = async (response: Response) => ({
  status: response.status,
  error: (await response.json()).error,
});

describe("what is no endpoint", () => {
  test("unknown paths are 404, in OpenAI's form under /v1", async () => {
    expect(await refusal(await ask("/nothing"))).toEqual({
      status: 404,
      error: "Unknown path /nothing; GET /openapi.json lists the endpoints",
    });
    const { error } = await refusal(await ask("/v1/nothing", {}));
    expect(error).toMatchObject({ type: "not_found_error", param: null, code: null });
  });

  test.each([
    ["GET", "/generate", "POST"],
    ["PUT", "/tokenize", "POST"],
    ["DELETE", "/models", "GET, HEAD"],
    ["POST", "/health", "GET, HEAD"],
    ["OPTIONS", "/generate", "POST"],
    ["PATCH", "/v1/models/toy", "GET, HEAD"],
  ])("%s %s is 405 with Allow", async (method, path, allow) => {
    const response = await server.app.request(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
    const { error } = await response.json();
    expect(error.message ?? error).toContain(`does not take ${method}; use ${allow}`);
  });
});

describe("bodies", () => {
  const send = (
    body: BodyInit | null,
    headers: Record<string, string> = { "content-type": "application/json" },
  ) => server.app.request("/tokenize", { method: "POST", body, headers });

  test.each([
    ["", "The request body is empty; send a JSON object"],
    ["{", /^Malformed JSON: /],
    ['{"text": "a"} x', /^Malformed JSON: /],
    ["{'text': 1}", /^Malformed JSON: /],
    ["[1]", "The request body must be a JSON object, but is an array of 1"],
    ["[]", "The request body must be a JSON object, but is []"],
    ['"text"', 'The request body must be a JSON object, but is "text"'],
    ["null", "The request body must be a JSON object, but is null"],
    ["12", "The request body must be a JSON object, but is 12"],
    ['{"text": 1e999}', /^text must be a string/],
    ['{"__proto__": 1, "text": "a"}', 'Unknown field "__proto__"; leave it out or correct its name'],
    ['{"text": {"a": 1}}', "text must be a string, but is an object"],
    [`{"text": ${"[".repeat(50_000)}${"]".repeat(50_000)}}`, /^(text must be a string|Malformed JSON)/],
  ] as [string, string | RegExp][])("%p is a bad one", async (body, message) => {
    const response = await send(body);
    const { status, error } = await refusal(response);
    expect(status).toBe(400);
    if (typeof message === "string") expect(error).toBe(message);
    else expect(error).toMatch(message);
    expect(error.length).toBeLessThan(200);
  });

  test("bytes that are not UTF-8 are refused", async () => {
    const bytes = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d);
    expect(await refusal(await send(bytes))).toEqual({
      status: 400,
      error: "The request body is not UTF-8; send JSON in UTF-8",
    });
  });

  test("a missing body is an empty one", async () => {
    expect((await send(null)).status).toBe(400);
  });

  test.each([
    ["application/json; charset=utf-8", 200],
    ["Application/JSON", 200],
    ["application/vnd.api+json", 200],
    ["text/plain", 415],
    ["application/x-www-form-urlencoded", 415],
  ])("content type %s gives %d", async (type, status) => {
    expect((await send('{"text":"a"}', { "content-type": type })).status).toBe(status);
  });

  test("no content type and compressed bodies are 415", async () => {
    const missing = await send(new TextEncoder().encode('{"text":"a"}'), {});
    expect(await refusal(missing)).toEqual({
      status: 415,
      error: "Content type is missing; send JSON with content-type: application/json",
    });
    const zipped = await send("x", { "content-type": "application/json", "content-encoding": "gzip" });
    expect(zipped.status).toBe(415);
  });

  test("a body over the limit is 413, whether its length is announced or not", async () => {
    const small = toyServer({ limits: { bodyBytes: 20 } });
    const answers = [
      await small.ask("/tokenize", { text: "a".repeat(20) }),
      await small.server.app.request("/tokenize", {
        method: "POST",
        headers: { "content-type": "application/json", "content-length": "1000" },
        body: "{}",
      }),
      await small.server.app.request("/tokenize", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: new ReadableStream({
          pull(controller) {
            controller.enqueue(new Uint8Array(8));
          },
        }),
      }),
    ];
    for (const answer of answers) {
      expect(await refusal(answer)).toEqual({
        status: 413,
        error: "The request body exceeds 20 bytes; send less at once",
      });
    }
    expect((await small.ask("/tokenize", { text: "12345678" })).status).toBe(200);
  });

  test("a body that does not arrive in time is 408", async () => {
    const hasty = toyServer({ limits: { bodyTimeoutMs: 5 } });
    const response = await hasty.server.app.request("/tokenize", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"text":'));
        },
      }),
    });
    expect(response.status).toBe(408);
  });

  test("a body that breaks off is the client's going", async () => {
    const response = await server.app.request("/tokenize", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new ReadableStream({
        pull(controller) {
          controller.error(new Error("reset"));
        },
      }),
    });
    expect(response.status).toBe(499);
  });

  test("no JSON makes anything but 200 or a 4xx with an error", async () => {
    const paths = [
      "/generate",
      "/batch/generate",
      "/tokenize",
      "/detokenize",
      "/v1/completions",
      "/api/chat",
    ];
    const fields = [
      "prompt",
      "prompts",
      "text",
      "token_ids",
      "max_tokens",
      "seed",
      "stop",
      "messages",
      "model",
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc
          .dictionary(fc.constantFrom(...fields), fc.jsonValue({ maxDepth: 2 }))
          // These letters make the toy model fail.
          .filter((body) => !/[NT]/.test(JSON.stringify(body))),
        async (path, body) => {
          const response = await ask(path, body);
          if (response.status === 200) return;
          expect(response.status).toBeGreaterThanOrEqual(400);
          expect(response.status).toBeLessThan(500);
          const { error } = await response.json();
          expect(typeof (error.message ?? error)).toBe("string");
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("request ids", () => {
  test("are made, or taken over where they are harmless", async () => {
    expect((await ask("/health")).headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    const given = await ask("/health", undefined, { headers: { "x-request-id": "trace:1/2" } });
    expect(given.headers.get("x-request-id")).toBe("trace:1/2");
    const odd = await ask("/health", undefined, { headers: { "x-request-id": "a b" } });
    expect(odd.headers.get("x-request-id")).not.toBe("a b");
    expect((await ask("/nothing")).headers.has("x-request-id")).toBe(true);
  });
});

describe("API keys", () => {
  const locked = toyServer({ apiKeys: ["one", "two"] });
  const withKey = (headers: Record<string, string>) => locked.ask("/models", undefined, { headers });

  test("are asked for everywhere but by health", async () => {
    for (const path of ["/health", "/v2/health/live", "/v2/health/ready"]) {
      expect((await locked.ask(path)).status).toBe(200);
    }
    for (const path of ["/models", "/metrics", "/openapi.json", "/v1/models", "/api/tags"]) {
      const response = await locked.ask(path);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="realizar"');
    }
    const { error } = await (await locked.ask("/v1/models")).json();
    expect(error).toMatchObject({ type: "authentication_error", code: "invalid_api_key" });
  });

  test.each([
    [{ authorization: "Bearer one" }, 200],
    [{ authorization: "bearer  two" }, 200],
    [{ "x-api-key": "two" }, 200],
    [{ authorization: "Bearer three" }, 401],
    [{ authorization: "Bearer onetwo" }, 401],
    [{ authorization: "Basic one" }, 401],
    [{ "x-api-key": "" }, 401],
  ])("%j gives %d", async (headers, status) => {
    expect((await withKey(headers)).status).toBe(status);
  });

  test("a refused request is not read", async () => {
    const response = await locked.ask("/generate", "{");
    expect(response.status).toBe(401);
  });
});

describe("CORS", () => {
  const origins = toyServer({ corsOrigins: ["https://app.example"], apiKeys: ["k"] });
  const preflight = (origin: string, from = origins) =>
    from.server.app.request("/generate", {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,authorization",
      },
    });

  test("a listed origin may ask, preflight without a key", async () => {
    const response = await preflight("https://app.example");
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(response.headers.get("access-control-allow-headers")).toBe("content-type,authorization");
    const health = await origins.ask("/health", undefined, { headers: { origin: "https://app.example" } });
    expect(health.headers.get("access-control-allow-origin")).toBe("https://app.example");
  });

  test("another may not, and nobody by default", async () => {
    expect((await preflight("https://evil.example")).headers.has("access-control-allow-origin")).toBe(false);
    expect((await preflight("https://app.example", toyServer())).status).toBe(405);
  });

  test("* lets everyone", async () => {
    const any = await preflight("https://x.example", toyServer({ corsOrigins: ["*"] }));
    expect(any.headers.get("access-control-allow-origin")).toBe("https://x.example");
  });
});
