import { describe, expect, test } from "bun:test";
import { LoadCancelledError, ModelDoesNotFitError } from "@realizar/cache";
import {
  DeadlineExceededError,
  EngineClosedError,
  InvalidRequestError,
  PromptTooLongError,
  QueueFullError,
  WorkerDiedError,
} from "@realizar/engine";
import { NoCandidatesError, NonFiniteLogitsError, SamplingParameterError } from "@realizar/sampling";
import { TokenIdError } from "@realizar/tokenizers";
import { errorBody, HttpError, toHttpError } from "../src/errors.ts";

const misfit = (busy: []) =>
  new ModelDoesNotFitError({ key: "a", limit: "bytes", needed: 2, budget: 1, held: 0, busy });
const coded = (code: string) => Object.assign(new Error("said"), { code });

describe("errors of other packages", () => {
  test.each([
    [new InvalidRequestError("stop", "x", "y"), 400, "invalid_request_error"],
    [new PromptTooLongError(5, 4), 400, "exceed_context_size_error"],
    [new QueueFullError(3), 429, "rate_limit_error"],
    [new DeadlineExceededError(0), 504, "timeout_error"],
    [new EngineClosedError(), 503, "unavailable_error"],
    [new WorkerDiedError("trap"), 500, "server_error"],
    [new SamplingParameterError("topK", -1, "more"), 400, "invalid_request_error"],
    [new NoCandidatesError(1), 400, "invalid_request_error"],
    [new NonFiniteLogitsError(1, 2, Number.NaN), 500, "server_error"],
    [new TokenIdError(5, 4), 400, "invalid_request_error"],
    [coded("TOKENIZER_BAD_FILE"), 500, "server_error"],
    [coded("TEMPLATE_RAISED"), 400, "invalid_request_error"],
    [coded("TEMPLATE_SYNTAX"), 500, "server_error"],
    [misfit([]), 507, "server_error"],
    [new LoadCancelledError("a"), 503, "unavailable_error"],
    [coded("CACHE_INVALID_SIZE"), 500, "server_error"],
    [coded("GGUF_TRUNCATED"), 500, "server_error"],
  ] as [Error & { code: string }, number, string][])("row %# has its status", (thrown, status, type) => {
    const error = toHttpError(thrown);
    expect(error.status).toBe(status);
    expect((errorBody(error, "openai").error as { type: string }).type).toBe(type);
    expect(error.message).toContain(
      status === 400 && type.startsWith("exceed") ? "5 tokens" : thrown.message,
    );
  });

  test("what has no name is a defect: its message stays inside", () => {
    for (const thrown of [
      new TypeError("secret"),
      "secret",
      coded("ENOENT"),
      coded("ERR_INVALID_STATE"),
      undefined,
    ]) {
      const error = toHttpError(thrown);
      expect(error).toMatchObject({ status: 500, code: "SERVER_INTERNAL" });
      expect(JSON.stringify([errorBody(error, "plain"), errorBody(error, "openai")])).not.toContain("secret");
    }
  });

  test("an HttpError is itself", () => {
    const error = new HttpError("SERVER_X", 418, "short and stout");
    expect(toHttpError(error)).toBe(error);
    expect(errorBody(error, "plain")).toEqual({ error: "short and stout" });
    expect(errorBody(error, "openai")).toEqual({
      error: { message: "short and stout", type: "invalid_request_error", param: null, code: null },
    });
  });
});
