import { pageRoutes } from "@realizar/page";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { createKeyCheck } from "./api-keys.ts";
import {
  type Dialect,
  errorBody,
  MethodNotAllowedError,
  toHttpError,
  UnauthorizedError,
  UnknownPathError,
} from "./errors.ts";
import type { Exchange, ServerContext } from "./exchange.ts";
import { openApiRoute } from "./openapi.ts";
import type { Route } from "./route.ts";
import { applyTemplateRoute } from "./routes/apply-template.ts";
import { batchGenerateRoute } from "./routes/batch-generate.ts";
import { batchTokenizeRoute } from "./routes/batch-tokenize.ts";
import { generateRoute } from "./routes/generate.ts";
import { healthRoutes } from "./routes/health.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { modelRoutes } from "./routes/models.ts";
import { ollamaRoutes } from "./routes/ollama.ts";
import { ollamaEmbeddingRoutes } from "./routes/ollama-embeddings.ts";
import { streamGenerateRoute } from "./routes/stream-generate.ts";
import { tokenizeRoutes } from "./routes/tokenize.ts";
import { chatCompletionsRoute } from "./routes/v1-chat-completions.ts";
import { completionsRoute } from "./routes/v1-completions.ts";
import { embeddingsRoute } from "./routes/v1-embeddings.ts";
import { v1ModelsRoutes } from "./routes/v1-models.ts";

/** Every endpoint of the server. */
export function routeTable(server: ServerContext): readonly Route[] {
  const { limits } = server;
  const routes = [
    ...healthRoutes,
    ...tokenizeRoutes,
    generateRoute,
    batchTokenizeRoute(limits),
    batchGenerateRoute(limits),
    streamGenerateRoute,
    ...modelRoutes,
    applyTemplateRoute,
    ...v1ModelsRoutes,
    chatCompletionsRoute(limits),
    completionsRoute(limits),
    embeddingsRoute(limits),
    ...ollamaRoutes,
    ...ollamaEmbeddingRoutes(limits),
    metricsRoute,
  ];
  return [...routes, openApiRoute(routes)];
}

export interface AppOptions {
  readonly apiKeys: readonly string[];
  readonly corsOrigins: readonly string[];
}

/** Ids of other systems are taken over where they are harmless in a header and a log line. */
const REQUEST_ID = /^[\w.:/+=-]{1,128}$/;

function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id");
  return given !== null && REQUEST_ID.test(given) ? given : crypto.randomUUID();
}

const dialectOf = (path: string): Dialect => (path === "/v1" || path.startsWith("/v1/") ? "openai" : "plain");

/** The HTTP application: what listens is up to the caller. */
export function createApp(server: ServerContext, options: AppOptions): Hono {
  const app = new Hono();
  const hasKey = options.apiKeys.length > 0 ? createKeyCheck(options.apiKeys) : undefined;

  if (options.corsOrigins.length > 0) {
    const anyOrigin = options.corsOrigins.includes("*");
    app.use(
      cors({
        origin: (origin) => (anyOrigin || options.corsOrigins.includes(origin) ? origin : null),
        allowMethods: ["GET", "POST"],
        exposeHeaders: ["x-request-id", "retry-after"],
        maxAge: 600,
      }),
    );
  }

  app.route("/", pageRoutes());

  const table = routeTable(server);
  const methods = new Map<string, string[]>();
  for (const { method, path } of table) {
    const allowed = method === "GET" ? ["GET", "HEAD"] : [method];
    methods.set(path, [...(methods.get(path) ?? []), ...allowed]);
  }

  for (const route of table) {
    app.on(route.method, route.path, (c) =>
      answer(server, c.req.raw, route.path, route.dialect, async (exchange) => {
        if (hasKey !== undefined && !route.open && !(await hasKey(exchange.request.headers))) {
          throw new UnauthorizedError();
        }
        return route.run(exchange);
      }),
    );
  }
  for (const [path, allowed] of methods) {
    app.all(path, (c) =>
      answer(server, c.req.raw, path, dialectOf(path), () => {
        throw new MethodNotAllowedError(c.req.method, path, allowed.join(", "));
      }),
    );
  }
  app.notFound((c) =>
    answer(server, c.req.raw, "unknown", dialectOf(c.req.path), () => {
      throw new UnknownPathError(c.req.path);
    }),
  );
  return app;
}

/** Runs one request: its error becomes an answer, and both are measured and logged. */
async function answer(
  server: ServerContext,
  request: Request,
  endpoint: string,
  dialect: Dialect,
  run: (exchange: Exchange) => Response | Promise<Response>,
): Promise<Response> {
  const start = performance.now();
  const requestId = requestIdOf(request);
  const exchange: Exchange = { request, requestId, server, notes: {} };
  const { notes } = exchange;
  let code: string | undefined;
  let response: Response;
  try {
    response = await run(exchange);
  } catch (thrown) {
    const error = toHttpError(thrown);
    ({ code } = error);
    if (error.status === 500)
      server.logger.error({ requestId, err: error.details.cause ?? error }, "request failed");
    response = Response.json(errorBody(error, dialect), {
      status: error.status,
      headers: { ...error.details.headers },
    });
  }
  if (request.method === "HEAD" && response.body !== null) {
    await response.body.cancel();
    response = new Response(null, response);
  }
  response.headers.set("x-request-id", requestId);
  server.metrics.request(endpoint, response.status);

  const finish = () => {
    const seconds = (performance.now() - start) / 1000;
    server.metrics.duration(endpoint, seconds);
    const { model, promptTokens, generatedTokens, streamError } = notes;
    const ms = Math.round(seconds * 1000);
    const entry = { requestId, method: request.method, endpoint, status: response.status, ms, model };
    server.logger.info({ ...entry, promptTokens, generatedTokens, code: code ?? streamError }, "request");
  };
  if (notes.streamed === undefined) finish();
  else void notes.streamed.then(finish);
  return response;
}
