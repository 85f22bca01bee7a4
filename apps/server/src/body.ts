import type { z } from "zod";
import {
  BadRequestError,
  BodyTimeoutError,
  ClientGoneError,
  PayloadTooLargeError,
  UnsupportedMediaTypeError,
} from "./errors.ts";
import type { Limits } from "./options.ts";

/** Longest stretch of a value that an error message repeats. */
const SHOWN = 60;

export interface BodyRules extends Pick<Limits, "bodyBytes" | "bodyTimeoutMs"> {
  /** Take a body whose content type is missing or that of a form, unless a web page sent it. */
  readonly anyContentType?: boolean;
}

/**
 * Reads a request body and checks it against a schema.
 * @throws UnsupportedMediaTypeError, PayloadTooLargeError, BodyTimeoutError, ClientGoneError, BadRequestError
 */
export async function readBody<S extends z.ZodType>(
  request: Request,
  schema: S,
  rules: BodyRules,
): Promise<z.output<S>> {
  checkContentType(request.headers, rules);
  const bytes = await readBytes(request, rules);
  const value = parseJson(bytes);
  const result = schema.safeParse(value);
  if (!result.success) throw toBadRequest(result.error.issues[0]!, value);
  return result.data;
}

function checkContentType(headers: Headers, { anyContentType }: BodyRules): void {
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity")
    throw new UnsupportedMediaTypeError(`Content-encoding ${encoding} is not supported`);
  const type = headers.get("content-type")?.replace(/;.*$/s, "").trim().toLowerCase();
  if (type === "application/json" || type?.endsWith("+json")) return;
  // Pages of other origins can send these types without asking first; their requests carry an Origin.
  if (anyContentType && !headers.has("origin")) return;
  throw new UnsupportedMediaTypeError(
    type === undefined ? "Content type is missing" : `Content type ${type} is not supported`,
  );
}

async function readBytes(request: Request, { bodyBytes, bodyTimeoutMs }: BodyRules): Promise<Uint8Array> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > bodyBytes) throw new PayloadTooLargeError(bodyBytes);
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void reader.cancel();
  }, bodyTimeoutMs);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      length += part.value.length;
      if (length > bodyBytes) {
        void reader.cancel();
        throw new PayloadTooLargeError(bodyBytes);
      }
      chunks.push(part.value);
    }
  } catch (error) {
    if (error instanceof PayloadTooLargeError) throw error;
    throw new ClientGoneError();
  } finally {
    clearTimeout(timer);
  }
  if (timedOut) throw new BodyTimeoutError(bodyTimeoutMs);
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new BadRequestError("The request body is empty; send a JSON object");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new BadRequestError("The request body is not UTF-8; send JSON in UTF-8");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BadRequestError(`Malformed JSON: ${shorten((error as Error).message)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadRequestError(`The request body must be a JSON object, but is ${show(value)}`);
  }
  return value;
}

const shorten = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

/** A JSON value as a message may repeat it. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return shorten(JSON.stringify(value) ?? "missing");
}

/** `messages[0].content` */
function pathOf(path: readonly PropertyKey[]): string {
  let text = "";
  for (const key of path)
    text += typeof key === "number" ? `[${key}]` : text === "" ? String(key) : `.${String(key)}`;
  return text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}

/** The message of one issue. Schemas of this package word theirs as "must be ..." or "is ...". */
function toBadRequest(issue: z.core.$ZodIssue, body: unknown): BadRequestError {
  const path = pathOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    const key = shorten(issue.keys[0]!);
    const field = path === "" ? key : `${path}.${key}`;
    return new BadRequestError(`Unknown field "${field}"; leave it out or correct its name`, field);
  }
  if (issue.code === "invalid_key") {
    const key = String(issue.path.at(-1));
    const field = pathOf(issue.path.slice(0, -1));
    return new BadRequestError(`${field} ${issue.issues[0]!.message}, but has ${show(key)}`, field);
  }
  // A message that is a sentence of its own stands alone.
  if (/^[A-Z]/.test(issue.message) && issue.code === "custom")
    return new BadRequestError(issue.message, path);
  const value = valueAt(body, issue.path);
  if (value === undefined) return new BadRequestError(`${path} is required: it ${issue.message}`, path);
  return new BadRequestError(`${path} ${issue.message}, but is ${show(value)}`, path);
}
