/** Base of this package's errors. `message` is a sentence for the reader of the page. */
export class PageError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The server refused the request, or failed while it answered. */
export class ApiError extends PageError {
  /** HTTP status; 200 where the error came inside a stream. */
  readonly status: number;
  /** OpenAI's `error.code`, where it is a string. */
  readonly reason: string | undefined;
  /** The request's field at fault. */
  readonly param: string | undefined;
  constructor(status: number, message: string, reason?: string, param?: string) {
    super("PAGE_API", message);
    this.status = status;
    this.reason = reason;
    this.param = param;
  }
}

/** The server cannot be reached, or the connection broke. */
export class ConnectionError extends PageError {
  constructor(message: string) {
    super("PAGE_CONNECTION", message);
  }
}

/** What a reader is told of anything thrown. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof PageError
    ? thrown.message
    : `Something in this page went wrong: ${asSentence(thrown instanceof Error ? thrown.message : String(thrown))}`;

/** First letter large, full stop at the end. */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "The server gave no reason.";
  const start = trimmed[0]!.toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
