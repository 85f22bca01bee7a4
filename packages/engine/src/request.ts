import { type SamplingParams, validateSamplingParams } from "@realizar/sampling";
import { InvalidRequestError, PromptTooLongError } from "./errors.ts";
import type { Pooling } from "./model-runner.ts";

/** One text to generate. */
export interface GenerationRequest {
  /** At least one token. */
  readonly promptIds: ArrayLike<number>;
  /** Most tokens to generate, 0 or more; where the context ends sooner, generation ends there. */
  readonly maxTokens: number;
  readonly sampling: SamplingParams;
  /** Texts that end the generation; they are not part of the text. */
  readonly stop?: readonly string[];
  /** Ids that end the generation, beside the tokenizer's end-of-generation ids. */
  readonly stopTokenIds?: readonly number[];
  /**
   * Whether the text goes on from the prompt's, so that its first token keeps a space in front. False where it is a
   * text of its own, such as after BOS alone. Default true.
   */
  readonly continuation?: boolean;
  /** Control tokens that the text shows, such as the marks of a tool call. Default none. */
  readonly showSpecial?: readonly number[];
  /** Treat end-of-generation ids as any other token. */
  readonly ignoreEos?: boolean;
  /** Whether tokens come with their log-probability (a pass over the vocabulary each). Default true. */
  readonly logprobs?: boolean;
  /** So many likeliest alternatives with each token. */
  readonly topLogprobs?: number;
  /** A "prompt" event for each prompt token first, with its log-probability. */
  readonly echoLogprobs?: boolean;
  /** Milliseconds since the epoch; a request not done by then fails. */
  readonly deadline?: number;
  /** Greater goes first; default 0. */
  readonly priority?: number;
}

/** The figures a request must respect. */
export interface RequestLimits {
  readonly vocabSize: number;
  /** Most tokens of one sequence, prompt included. */
  readonly contextSize: number;
}

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

/**
 * Checks ids against the vocabulary and their number against the context.
 * @throws InvalidRequestError, PromptTooLongError
 */
export function validateIds(field: string, ids: ArrayLike<number>, limits: RequestLimits): void {
  if (ids.length === 0) throw new InvalidRequestError(field, "empty", "at least one token");
  if (ids.length > limits.contextSize) throw new PromptTooLongError(ids.length, limits.contextSize);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (isCount(id) && id < limits.vocabSize) continue;
    throw new InvalidRequestError(`${field}[${i}]`, id, `a token id from 0 to ${limits.vocabSize - 1}`);
  }
}

/** @throws InvalidRequestError for anything but a count of alternatives the vocabulary has */
export function validateTopLogprobs(value: unknown, limits: RequestLimits): void {
  if (isCount(value) && (value as number) <= limits.vocabSize) return;
  throw new InvalidRequestError("topLogprobs", value, `an integer from 0 to ${limits.vocabSize}`);
}

/**
 * Checks every field.
 * @throws InvalidRequestError, PromptTooLongError, SamplingParameterError
 */
export function validateRequest(request: GenerationRequest, limits: RequestLimits): void {
  validateIds("promptIds", request.promptIds, limits);
  if (!isCount(request.maxTokens)) {
    throw new InvalidRequestError("maxTokens", request.maxTokens, "an integer of 0 or more");
  }
  validateSamplingParams(request.sampling, limits.vocabSize);
  if (!Array.isArray(request.stop ?? [])) {
    throw new InvalidRequestError("stop", JSON.stringify(request.stop), "a list of non-empty strings");
  }
  for (const stop of request.stop ?? []) {
    if (typeof stop !== "string" || stop === "") {
      throw new InvalidRequestError("stop", JSON.stringify(stop), "a list of non-empty strings");
    }
  }
  for (const id of request.stopTokenIds ?? []) {
    if (!isCount(id)) throw new InvalidRequestError("stopTokenIds", id, "a list of token ids");
  }
  for (const id of request.showSpecial ?? []) {
    if (!isCount(id)) throw new InvalidRequestError("showSpecial", id, "a list of token ids");
  }
  if (request.topLogprobs !== undefined) validateTopLogprobs(request.topLogprobs, limits);
  if (request.deadline !== undefined && !Number.isFinite(request.deadline)) {
    throw new InvalidRequestError("deadline", request.deadline, "milliseconds since the epoch");
  }
  if (request.priority !== undefined && !Number.isFinite(request.priority)) {
    throw new InvalidRequestError("priority", request.priority, "a finite number");
  }
}

const POOLINGS: readonly unknown[] = ["mean", "cls", "last"] satisfies readonly Pooling[];

/** @throws InvalidRequestError for anything but a way to pool */
export function validatePooling(value: unknown): void {
  if (!POOLINGS.includes(value)) {
    throw new InvalidRequestError("pooling", value, `one of ${POOLINGS.join(", ")}`);
  }
}
