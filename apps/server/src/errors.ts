/** What an error adds to its JSON body and response. */
export interface HttpErrorDetails {
  /** OpenAI's `type`. */
  readonly type?: string;
  /** The request field at fault. */
  readonly param?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further fields of OpenAI's error object. */
  readonly fields?: Readonly<Record<string, number | string>>;
  readonly cause?: unknown;
}

/** Base of every error of this package: an HTTP status beside a stable `code`. */
export class HttpError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: HttpErrorDetails;
  constructor(code: string, status: number, message: string, details: HttpErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** The request body, or one field of it, is not what the endpoint takes. */
export class BadRequestError extends HttpError {
  readonly param: string | undefined;
  constructor(message: string, param?: string) {
    super("SERVER_BAD_REQUEST", 400, message, param === undefined ? {} : { param });
    this.param = param;
  }
}

/** The prompt does not fit the model's context. The wording is llama-server's, which clients look for. */
export class PromptTooLongError extends HttpError {
  readonly promptTokens: number;
  readonly contextSize: number;
  constructor(promptTokens: number, contextSize: number) {
    super(
      "SERVER_PROMPT_TOO_LONG",
      400,
      `request (${promptTokens} tokens) exceeds the available context size (${contextSize} tokens), shorten the prompt or serve the model with a larger context`,
      {
        type: "exceed_context_size_error",
        fields: { code: 400, n_prompt_tokens: promptTokens, n_ctx: contextSize },
      },
    );
    this.promptTokens = promptTokens;
    this.contextSize = contextSize;
  }
}

export class UnauthorizedError extends HttpError {
  constructor() {
    super("SERVER_UNAUTHORIZED", 401, "Missing or wrong API key; send it as Authorization: Bearer KEY", {
      type: "authentication_error",
      fields: { code: "invalid_api_key" },
      headers: { "www-authenticate": 'Bearer realm="realizar"' },
    });
  }
}

export class UnknownPathError extends HttpError {
  constructor(path: string) {
    super("SERVER_UNKNOWN_PATH", 404, `Unknown path ${path}; GET /openapi.json lists the endpoints`, {
      type: "not_found_error",
    });
  }
}

export class UnknownModelError extends HttpError {
  readonly model: string;
  constructor(model: string, known: readonly string[]) {
    super(
      "SERVER_UNKNOWN_MODEL",
      404,
      `The model ${JSON.stringify(model.slice(0, 200))} does not exist; this server has ${known.map((id) => JSON.stringify(id)).join(", ") || "no models"}`,
      { type: "invalid_request_error", param: "model", fields: { code: "model_not_found" } },
    );
    this.model = model;
  }
}

export class MethodNotAllowedError extends HttpError {
  constructor(method: string, path: string, allowed: string) {
    super("SERVER_METHOD_NOT_ALLOWED", 405, `${path} does not take ${method}; use ${allowed}`, {
      headers: { allow: allowed },
    });
  }
}

export class BodyTimeoutError extends HttpError {
  constructor(milliseconds: number) {
    super(
      "SERVER_BODY_TIMEOUT",
      408,
      `The request body did not arrive within ${milliseconds} ms; send it faster`,
    );
  }
}

export class PayloadTooLargeError extends HttpError {
  readonly limit: number;
  constructor(limit: number) {
    super("SERVER_PAYLOAD_TOO_LARGE", 413, `The request body exceeds ${limit} bytes; send less at once`);
    this.limit = limit;
  }
}

export class UnsupportedMediaTypeError extends HttpError {
  constructor(given: string) {
    super("SERVER_UNSUPPORTED_MEDIA_TYPE", 415, `${given}; send JSON with content-type: application/json`);
  }
}

/** The client went away. Nobody reads the answer; the status is nginx's, for logs and metrics. */
export class ClientGoneError extends HttpError {
  constructor() {
    super("SERVER_CLIENT_GONE", 499, "The client closed the connection");
  }
}

export class OverloadedError extends HttpError {
  readonly limit: number;
  constructor(limit: number) {
    super("SERVER_OVERLOADED", 429, `${limit} requests are being served or wait already; try again later`, {
      type: "rate_limit_error",
      headers: { "retry-after": "1" },
    });
    this.limit = limit;
  }
}

export class ShuttingDownError extends HttpError {
  constructor() {
    super(
      "SERVER_SHUTTING_DOWN",
      503,
      "The server is shutting down; ask another replica or try again later",
      {
        type: "unavailable_error",
        headers: { "retry-after": "5", connection: "close" },
      },
    );
  }
}

export class DeadlineError extends HttpError {
  readonly milliseconds: number;
  constructor(milliseconds: number) {
    super(
      "SERVER_DEADLINE",
      504,
      `The request took longer than ${milliseconds} ms; ask for fewer tokens or raise the server's limit`,
      { type: "timeout_error" },
    );
    this.milliseconds = milliseconds;
  }
}

/** The model has no chat template and the endpoint needs one. */
export class NoChatTemplateError extends HttpError {
  constructor(model: string) {
    super(
      "SERVER_NO_CHAT_TEMPLATE",
      400,
      `The model ${JSON.stringify(model)} has no chat template; use a completion endpoint instead`,
      { param: "model", fields: { code: "no_chat_template" } },
    );
  }
}

/** The request brings tools, and the model's chat template knows none. */
export class NoToolsError extends HttpError {
  constructor(model: string) {
    super(
      "SERVER_NO_TOOLS",
      400,
      `tools is not supported by the chat template of the model ${JSON.stringify(model)}; leave it out or use another model`,
      { param: "tools" },
    );
  }
}

/** An option given to createServer is out of its range. */
export class OptionError extends Error {
  readonly code = "SERVER_BAD_OPTION";
  readonly option: string;
  constructor(option: string, message: string) {
    super(`${option} ${message}`);
    this.name = new.target.name;
    this.option = option;
  }
}

interface Mapping {
  readonly status: number;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const REQUEST: Mapping = { status: 400, type: "invalid_request_error" };
const FAILED: Mapping = { status: 500, type: "server_error" };
const BUSY: Mapping = { status: 429, type: "rate_limit_error", headers: { "retry-after": "1" } };
const UNAVAILABLE: Mapping = { status: 503, type: "unavailable_error", headers: { "retry-after": "5" } };

/** Named errors of the packages below, by exact code or by prefix (the first that matches). */
const MAPPINGS: readonly (readonly [code: string, mapping: Mapping])[] = [
  ["ENGINE_INVALID_REQUEST", REQUEST],
  ["ENGINE_PROMPT_TOO_LONG", REQUEST],
  ["ENGINE_NO_SUCH_OUTPUT", REQUEST],
  ["ENGINE_QUEUE_FULL", BUSY],
  ["ENGINE_DEADLINE_EXCEEDED", { status: 504, type: "timeout_error" }],
  ["ENGINE_CLOSED", UNAVAILABLE],
  ["ENGINE_", FAILED],
  ["SAMPLING_PARAMETER", REQUEST],
  ["SAMPLING_NO_CANDIDATES", REQUEST],
  ["SAMPLING_", FAILED],
  ["TOKENIZER_TOKEN_ID", REQUEST],
  ["TOKENIZER_", FAILED],
  ["TEMPLATE_SYNTAX", FAILED],
  ["TEMPLATE_", REQUEST],
  ["CHAT_", REQUEST],
  ["CACHE_MODEL_DOES_NOT_FIT", UNAVAILABLE],
  ["CACHE_LOAD_CANCELLED", UNAVAILABLE],
  ["CACHE_", FAILED],
];

/** The `code` of a named error: PACKAGE_WHAT, as every package of this project has them; not a platform's ERR_WHAT. */
function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  const { code } = thrown;
  return typeof code === "string" && /^(?!ERR_|ABORT_ERR)[A-Z][A-Z0-9]*_[A-Z0-9_]+$/.test(code)
    ? code
    : undefined;
}

/**
 * The HTTP form of whatever was thrown. Named errors keep their message; anything else is a defect whose message stays
 * in the log.
 */
export function toHttpError(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown;
  const code = codeOf(thrown);
  if (code === undefined) {
    return new HttpError("SERVER_INTERNAL", 500, "Internal error; the server's log has the details", {
      type: "server_error",
      cause: thrown,
    });
  }
  const error = thrown as Error & { readonly [field: string]: unknown };
  const { promptTokens, contextSize, busy } = error;
  if (code === "ENGINE_PROMPT_TOO_LONG" && typeof promptTokens === "number") {
    return new PromptTooLongError(promptTokens, Number(contextSize));
  }
  const { headers, ...mapping } = MAPPINGS.find(([prefix]) => code.startsWith(prefix))?.[1] ?? FAILED;
  // No waiting helps a model that exceeds the budget by itself.
  if (Array.isArray(busy) && busy.length === 0) {
    return new HttpError(code, 507, error.message, { type: "server_error" });
  }
  const details = { type: mapping.type, cause: thrown, ...(headers === undefined ? {} : { headers }) };
  return new HttpError(code, mapping.status, error.message, details);
}

/** Which JSON shape an endpoint's errors have: `{"error": "..."}`, or OpenAI's error object. */
export type Dialect = "plain" | "openai";

/** OpenAI's `type` where an error names none, by status. */
const OPENAI_TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  404: "not_found_error",
  429: "rate_limit_error",
  503: "unavailable_error",
  504: "timeout_error",
};

/** The JSON body of an error. */
export function errorBody(error: HttpError, dialect: Dialect): Record<string, unknown> {
  if (dialect === "plain") return { error: error.message };
  const { type, param, fields } = error.details;
  const fallback = error.status < 500 ? "invalid_request_error" : "server_error";
  return {
    error: {
      message: error.message,
      type: type ?? OPENAI_TYPES[error.status] ?? fallback,
      param: param ?? null,
      code: null,
      ...fields,
    },
  };
}
