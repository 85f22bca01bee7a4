import { type Asset, assetRoutes } from "../src/asset-routes.ts";

/** What a fake model says: a string is a token. */
export interface FakeModel {
  readonly id: string;
  readonly hasTemplate: boolean;
  readonly reasoning?: readonly string[];
  readonly tokens: readonly string[];
  /** Milliseconds between tokens. */
  readonly pace: number;
}

export interface FakeServer {
  readonly url: string;
  /** Bodies of the generation requests that came, in order. */
  readonly bodies: Record<string, unknown>[];
  /** Generations that the client left. */
  left(): number;
  /** The next generation is refused with this. */
  failNext(status: number, error: Record<string, unknown>): void;
  /** The next stream says this after its first token. */
  breakNext(error: Record<string, unknown> | "cut"): void;
  setKey(key: string): void;
  stop(): void;
}

const candidate = (token: string, p: number) => ({ token, logprob: Math.log(p), bytes: null });

/** Alternatives of a token: it is likeliest at even places, second at odd ones. */
function choice(token: string, at: number) {
  const others = [" perhaps", "\n", " a", " the"];
  const top =
    at % 2 === 0
      ? [candidate(token, 0.82), ...others.map((other, rank) => candidate(other, 0.1 / (rank + 1)))]
      : [candidate(others[0]!, 0.41), candidate(token, 0.33), candidate("\n", 0.05), candidate(" a", 0.01)];
  return { own: top.find((one) => one.token === token)!, top };
}

/** Speaks the part of the API that the page uses, beside the page itself. */
export function startFakeServer(assets: readonly Asset[], models: readonly FakeModel[]): FakeServer {
  const app = assetRoutes(assets);
  const bodies: Record<string, unknown>[] = [];
  let left = 0;
  let failure: { status: number; error: Record<string, unknown> } | undefined;
  let broken: Record<string, unknown> | "cut" | undefined;
  let key = "";

  const refuse = (status: number, error: Record<string, unknown>) => Response.json({ error }, { status });
  const keyFault = (request: Request) =>
    key !== "" && request.headers.get("authorization") !== `Bearer ${key}`
      ? refuse(401, { message: "Missing or wrong API key", code: "invalid_api_key" })
      : undefined;

  function stream(
    request: Request,
    events: readonly object[],
    pace: number,
    closing: Record<string, unknown> | "cut" | undefined,
  ): Response {
    const encoder = new TextEncoder();
    const send = (data: unknown) =>
      encoder.encode(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
    request.signal.addEventListener("abort", () => left++);
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(encoder.encode(": hello\n\n"));
        for (const [at, event] of events.entries()) {
          await Bun.sleep(pace);
          if (request.signal.aborted) return;
          controller.enqueue(send(event));
          if (closing === undefined || at < 2) continue;
          if (closing !== "cut") controller.enqueue(send({ error: closing }));
          controller.close();
          return;
        }
        controller.enqueue(send("[DONE]"));
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  const usage = (completion: number) => ({
    choices: [],
    usage: {
      prompt_tokens: 24,
      completion_tokens: completion,
      total_tokens: 24 + completion,
      prompt_tokens_details: { cached_tokens: 16 },
    },
  });

  app.get(
    "/v1/models",
    (c) =>
      keyFault(c.req.raw) ??
      Response.json({ object: "list", data: models.map(({ id }) => ({ id, object: "model" })) }),
  );
  app.post("/v1/:kind{.+}", async (c) => {
    const fault = keyFault(c.req.raw);
    if (fault) return fault;
    const body = (await c.req.json()) as Record<string, unknown>;
    bodies.push(body);
    if (failure !== undefined) {
      const { status, error } = failure;
      failure = undefined;
      return refuse(status, error);
    }
    const closing = broken;
    broken = undefined;
    const model = models.find(({ id }) => id === body.model);
    if (model === undefined) return refuse(404, { message: "The model does not exist", param: "model" });
    const { id, tokens, reasoning = [], pace, hasTemplate } = model;
    if (c.req.param("kind") === "completions") {
      const events = tokens.map((token, at) => {
        const { own, top } = choice(token, at);
        return {
          choices: [
            {
              index: 0,
              text: token,
              finish_reason: at === tokens.length - 1 ? "length" : null,
              logprobs: {
                tokens: [token],
                token_logprobs: [own.logprob],
                top_logprobs: [Object.fromEntries(top.map((one) => [one.token, one.logprob]))],
                text_offset: [0],
              },
            },
          ],
        };
      });
      return stream(c.req.raw, [...events, usage(tokens.length)], pace, closing);
    }
    if (!hasTemplate) {
      return refuse(400, {
        message: `The model "${id}" has no chat template; use a completion endpoint instead`,
        type: "invalid_request_error",
        param: "model",
        code: null,
      });
    }
    const delta = (field: string) => (token: string, at: number) => {
      const { own, top } = choice(token, at);
      return {
        choices: [
          {
            index: 0,
            delta: { [field]: token },
            logprobs: { content: [{ ...own, top_logprobs: top }], refusal: null },
            finish_reason: null,
          },
        ],
      };
    };
    const events = [
      {
        choices: [
          { index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null },
        ],
      },
      ...reasoning.map(delta("reasoning_content")),
      ...tokens.map(delta("content")),
      { choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: "stop" }] },
      usage(tokens.length + reasoning.length),
    ];
    return stream(c.req.raw, events, pace, closing);
  });

  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 30, fetch: app.fetch });
  return {
    url: `http://127.0.0.1:${server.port}/`,
    bodies,
    left: () => left,
    failNext(status, error) {
      failure = { status, error };
    },
    breakNext(error) {
      broken = error;
    },
    setKey(value) {
      key = value;
    },
    stop() {
      server.stop(true);
    },
  };
}
