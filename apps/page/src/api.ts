import { ApiError, asSentence, ConnectionError } from "./errors.ts";
import type { Candidate, Token } from "./pieces.ts";
import { type Settings, toWire } from "./settings.ts";
import { createSseParser } from "./sse.ts";

/** How the server is reached. */
export interface Api {
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** Where the page is served: paths of the API are relative to it. */
  readonly base: string;
  /** Read for every request. */
  readonly apiKey: () => string;
}

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface GenerationRequest {
  readonly model: string;
  readonly settings: Settings;
  /** A conversation to answer, or a text to continue. */
  readonly input: { readonly messages: readonly ChatMessage[] } | { readonly prompt: string };
}

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Prompt tokens that were not computed again. */
  readonly cachedTokens: number;
}

/** What a generation tells, in order. */
export type GenerationEvent =
  | {
      readonly type: "delta";
      readonly content: string;
      readonly reasoning: string;
      readonly tokens: readonly Token[];
    }
  | { readonly type: "finish"; readonly reason: string }
  | { readonly type: "usage"; readonly usage: Usage };

/** Alternatives a token. */
const ALTERNATIVES = 5;

type Json = Readonly<Record<string, unknown>>;

const asObject = (value: unknown): Json =>
  typeof value === "object" && value !== null ? (value as Json) : {};
const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const asText = (value: unknown): string => (typeof value === "string" ? value : "");
const asNumber = (value: unknown): number | null => (typeof value === "number" ? value : null);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const toCandidate = (value: unknown): Candidate => {
  const { token, logprob } = asObject(value);
  return { text: asText(token), logprob: asNumber(logprob) };
};

const likeliestFirst = (a: Candidate, b: Candidate): number => (b.logprob ?? 0) - (a.logprob ?? 0);

/** Chat's log-probabilities: an object a token. */
const chatTokens = (logprobs: unknown): Token[] =>
  asArray(asObject(logprobs).content).map((entry) => ({
    ...toCandidate(entry),
    top: asArray(asObject(entry).top_logprobs).map(toCandidate).sort(likeliestFirst),
  }));

/** The completion endpoint's: parallel arrays. */
function completionTokens(value: unknown): Token[] {
  const { tokens, token_logprobs: own, top_logprobs: top } = asObject(value);
  return asArray(tokens).map((token, at) => ({
    text: asText(token),
    logprob: asNumber(asArray(own)[at]),
    top: Object.entries(asObject(asArray(top)[at]))
      .map(([text, logprob]) => ({ text, logprob: asNumber(logprob) }))
      .sort(likeliestFirst),
  }));
}

function toError(status: number, body: unknown): ApiError {
  const { error } = asObject(body);
  if (typeof error === "string") return new ApiError(status, asSentence(error));
  const { message, code, param } = asObject(error);
  const fallback =
    status === 200 ? "The server failed while it answered" : `The server answered with status ${status}`;
  const text = asText(message) === "" ? fallback : asText(message);
  return new ApiError(status, asSentence(text), asText(code) || undefined, asText(param) || undefined);
}

/** Whether the model can only continue texts. */
export const isWithoutTemplate = (thrown: unknown): boolean =>
  thrown instanceof ApiError &&
  thrown.status === 400 &&
  (thrown.reason === "no_chat_template" ||
    (thrown.param === "model" && /no chat template/i.test(thrown.message)));

const isAbort = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === "AbortError";

async function request(api: Api, path: string, init: RequestInit): Promise<Response> {
  const key = api.apiKey();
  const headers = {
    ...(init.body === undefined ? {} : { "content-type": "application/json" }),
    ...(key === "" ? {} : { authorization: `Bearer ${key}` }),
  };
  let response: Response;
  try {
    response = await api.fetch(new URL(path, api.base).href, { ...init, headers });
  } catch (thrown) {
    if (isAbort(thrown)) throw thrown;
    throw new ConnectionError("The server cannot be reached. Check that it runs, then try again.");
  }
  if (!response.ok) throw toError(response.status, parseJson(await response.text()));
  return response;
}

/**
 * The names of the server's models.
 * @throws ApiError, ConnectionError
 */
export async function listModels(api: Api): Promise<string[]> {
  const response = await request(api, "v1/models", {});
  const { data } = asObject(parseJson(await response.text()));
  return asArray(data)
    .map((model) => asText(asObject(model).id))
    .filter((id) => id !== "");
}

function bodyOf({ model, settings, input }: GenerationRequest): [path: string, body: Json] {
  const common = { model, ...toWire(settings), stream: true, stream_options: { include_usage: true } };
  if ("prompt" in input) {
    return ["v1/completions", { ...common, prompt: input.prompt, logprobs: ALTERNATIVES }];
  }
  return [
    "v1/chat/completions",
    { ...common, messages: input.messages, logprobs: true, top_logprobs: ALTERNATIVES },
  ];
}

function* eventsOf(chunk: Json): Generator<GenerationEvent> {
  const choice = asObject(asArray(chunk.choices)[0]);
  const delta = asObject(choice.delta);
  const content = asText(delta.content) + asText(choice.text);
  const reasoning = asText(delta.reasoning_content);
  const { logprobs } = choice;
  const tokens = "delta" in choice ? chatTokens(logprobs) : completionTokens(logprobs);
  if (content !== "" || reasoning !== "" || tokens.length > 0) {
    yield { type: "delta", content, reasoning, tokens };
  }
  const reason = asText(choice.finish_reason);
  if (reason !== "") yield { type: "finish", reason };
  const { usage } = chunk;
  if (typeof usage !== "object" || usage === null) return;
  const counts = asObject(usage);
  yield {
    type: "usage",
    usage: {
      promptTokens: asNumber(counts.prompt_tokens) ?? 0,
      completionTokens: asNumber(counts.completion_tokens) ?? 0,
      cachedTokens: asNumber(asObject(counts.prompt_tokens_details).cached_tokens) ?? 0,
    },
  };
}

/**
 * Streams one answer.
 * @throws ApiError, ConnectionError, and the signal's AbortError
 */
export async function* generate(
  api: Api,
  asked: GenerationRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const [path, body] = bodyOf(asked);
  const response = await request(api, path, { method: "POST", body: JSON.stringify(body), signal });
  const parser = createSseParser();
  const decoder = new TextDecoder();
  const reader = response.body!.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      for (const { data } of parser.push(decoder.decode(value, { stream: !done }))) {
        if (data === "[DONE]") return;
        const chunk = asObject(parseJson(data));
        if ("error" in chunk) throw toError(200, chunk);
        yield* eventsOf(chunk);
      }
      if (done) throw new ConnectionError("The connection ended before the answer did.");
    }
  } catch (thrown) {
    if (thrown instanceof ApiError || thrown instanceof ConnectionError || isAbort(thrown)) throw thrown;
    throw new ConnectionError("The connection broke before the answer ended.");
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
