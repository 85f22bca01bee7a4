import { AccessDeniedError, BadAnswerError, HttpStatusError, HubError } from "./errors.ts";
import { DEFAULT_RETRY, type RetryPolicy, retryAfterMs, TransientFailure, withRetries } from "./retry.ts";
import type { HubSettings } from "./settings.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Most redirects of one request: the hub uses one or two. */
const MAX_REDIRECTS = 10;
/** Most bytes of a JSON answer: the largest repositories' listings are a few megabytes. */
const MAX_JSON_BYTES = 64 * 2 ** 20;

export interface HttpOptions {
  fetch?: Fetch;
  retry?: Partial<RetryPolicy>;
  /** Milliseconds without an answer or a byte of it before the connection counts as cut. Default 30,000. */
  stallTimeoutMs?: number;
  /** Added to the User-Agent. */
  userAgent?: string;
}

export interface HttpRequest {
  method?: "GET" | "HEAD";
  headers?: Record<string, string>;
  /** "own": redirects to another origin are not followed but returned. Default "all". */
  redirects?: "all" | "own";
  signal?: AbortSignal | undefined;
}

/** An answer whose body is not read yet. */
export interface HttpAnswer {
  response: Response;
  /** After redirects, for messages: without its query, which may carry a signature. */
  url: string;
  /** The body's chunks; throws {@link TransientFailure} when the connection is cut or stalls. */
  body(): AsyncGenerator<Uint8Array, void, void>;
  /** Lets go of a body that is not wanted. */
  cancel(): void;
}

/** Requests with the token kept to its origin, redirects, time limits and named errors. */
export interface Http {
  readonly retry: RetryPolicy;
  /**
   * One try. Status 2xx, 3xx (where not followed), 404 and 416 are answers; all others are errors.
   *
   * @throws {TransientFailure} {AccessDeniedError} {HttpStatusError} {BadAnswerError}
   */
  once(url: string, request?: HttpRequest): Promise<HttpAnswer>;
  /** As `once`, with retries; for what has no body to read. */
  request(url: string, request?: HttpRequest): Promise<HttpAnswer>;
  /** JSON and the answer it came with; undefined data for 404. */
  json(url: string, signal?: AbortSignal): Promise<{ answer: HttpAnswer; data: unknown }>;
}

export function createHttp(
  settings: Pick<HubSettings, "endpoint" | "token">,
  options: HttpOptions = {},
): Http {
  const fetch = options.fetch ?? globalThis.fetch;
  const retry = { ...DEFAULT_RETRY, ...options.retry };
  const stallTimeoutMs = options.stallTimeoutMs ?? 30_000;
  const trusted = new URL(settings.endpoint).origin;
  const agent = `realizar-hub${options.userAgent === undefined ? "" : `; ${options.userAgent}`}`;

  async function once(url: string, request: HttpRequest = {}): Promise<HttpAnswer> {
    const watch = createWatch(stallTimeoutMs, request.signal);
    try {
      let target = url;
      for (let redirect = 0; redirect <= MAX_REDIRECTS; redirect++) {
        const own = new URL(target).origin === trusted;
        const headers = {
          "user-agent": agent,
          // A compressed answer would have neither the length nor the ranges that were asked for.
          "accept-encoding": "identity",
          ...request.headers,
          ...(own && settings.token !== undefined ? { authorization: `Bearer ${settings.token}` } : {}),
        };
        const response = await fetch(target, {
          method: request.method ?? "GET",
          headers,
          redirect: "manual",
          signal: watch.signal,
        });
        const next = redirectTarget(response, target);
        const stays = next !== undefined && new URL(next).origin === new URL(target).origin;
        if (next === undefined || (request.redirects === "own" && !stays)) {
          check(response, target, settings.token !== undefined && own);
          return answerOf(response, withoutQuery(target), watch);
        }
        response.body?.cancel().catch(() => {});
        target = next;
      }
      throw new BadAnswerError(withoutQuery(url), `more than ${MAX_REDIRECTS} redirects`);
    } catch (error) {
      watch.stop();
      request.signal?.throwIfAborted();
      if (error instanceof HubError || error instanceof TransientFailure) throw error;
      throw new TransientFailure(`${withoutQuery(url)} could not be reached`, { cause: error });
    }
  }

  return {
    retry,
    once,
    request: (url, request = {}) =>
      withRetries(withoutQuery(url), retry, request.signal, () => once(url, request)),
    json: (url, signal) =>
      withRetries(withoutQuery(url), retry, signal, async () => {
        const answer = await once(url, { signal, headers: { accept: "application/json" } });
        if (answer.response.status !== 404) return { answer, data: await readJson(answer) };
        answer.cancel();
        return { answer, data: undefined };
      }),
  };
}

/** A signal that aborts when the caller's does, or when nothing happened for too long. */
function createWatch(stallMs: number, outer: AbortSignal | undefined) {
  const controller = new AbortController();
  const onAbort = () => controller.abort(outer?.reason);
  outer?.throwIfAborted();
  outer?.addEventListener("abort", onAbort, { once: true });
  const onStall = () => controller.abort(new Error(`nothing arrived for ${stallMs / 1000} s`));
  let timer = setTimeout(onStall, stallMs);
  return {
    signal: controller.signal,
    alive() {
      clearTimeout(timer);
      timer = setTimeout(onStall, stallMs);
    },
    stop() {
      clearTimeout(timer);
      outer?.removeEventListener("abort", onAbort);
    },
    abort: () => controller.abort(new Error("the body is not wanted")),
    outer,
  };
}

function answerOf(response: Response, url: string, watch: ReturnType<typeof createWatch>): HttpAnswer {
  if (response.body === null) watch.stop();
  return {
    response,
    url,
    async *body() {
      const reader = response.body?.getReader();
      try {
        while (reader !== undefined) {
          const { done, value } = await reader.read();
          if (done) return;
          watch.alive();
          yield value;
        }
      } catch (error) {
        watch.outer?.throwIfAborted();
        throw new TransientFailure(`${url} cut the connection`, { cause: watch.signal.reason ?? error });
      } finally {
        watch.stop();
        watch.abort();
      }
    },
    cancel() {
      watch.stop();
      watch.abort();
    },
  };
}

function redirectTarget(response: Response, from: string): string | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get("location");
  const target = location === null ? null : URL.parse(location, from);
  if (target === null)
    throw new BadAnswerError(withoutQuery(from), `a redirect without a target (${location})`);
  const secure = target.protocol === "https:" || (target.protocol === "http:" && !from.startsWith("https:"));
  if (!secure)
    throw new BadAnswerError(withoutQuery(from), `a redirect to ${target.protocol}//, which is not followed`);
  return target.href;
}

function check(response: Response, url: string, hadToken: boolean): void {
  const { status, headers } = response;
  if (status < 400 || status === 404 || status === 416) return;
  response.body?.cancel().catch(() => {});
  const shown = withoutQuery(url);
  if (status === 401 || status === 403) {
    // X-Error-Code as huggingface_hub reads it (utils/_http.py, hf_raise_for_status).
    const gated = headers.get("x-error-code") === "GatedRepo";
    throw new AccessDeniedError({ status, url: shown, hadToken, gated });
  }
  if (status >= 500 || status === 408 || status === 429) {
    const wait = retryAfterMs(headers.get("retry-after"), Date.now());
    throw new TransientFailure(`${status} from ${shown}`, {
      retryAfterMs: wait,
      cause: new HttpStatusError(status, shown),
    });
  }
  throw new HttpStatusError(status, shown);
}

async function readJson(answer: HttpAnswer): Promise<unknown> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of answer.body()) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_JSON_BYTES)
      throw new BadAnswerError(answer.url, "the listing is longer than 64 MiB");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new BadAnswerError(answer.url, "the answer is no JSON");
  }
}

/** A URL as it may be shown: a query can carry a signature. */
export function withoutQuery(url: string): string {
  return url.split("?")[0]!;
}
