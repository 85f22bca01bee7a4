import type { DoneEvent, GenerationRequest } from "@realizar/engine";
import { freshSeed, SAMPLING_DEFAULTS } from "@realizar/sampling";
import { BadRequestError } from "./errors.ts";
import { toLogitBias, toStops } from "./prompt.ts";
import type { ChatCompletionBody, CompletionBody, OpenAiSampling } from "./schemas/openai.ts";
import type { ServedModel } from "./served-model.ts";

/** OpenAI's defaults; what it does not have is off. The window of penalties is the whole sequence. */
export function openAiSettings(
  fields: OpenAiSampling,
  model: ServedModel,
): Pick<GenerationRequest, "sampling" | "stop" | "ignoreEos"> {
  return {
    sampling: {
      ...SAMPLING_DEFAULTS,
      temperature: fields.temperature ?? 1,
      topK: fields.top_k ?? 0,
      topP: fields.top_p ?? 1,
      minP: fields.min_p ?? 0,
      repetitionPenalty: fields.repetition_penalty ?? 1,
      presencePenalty: fields.presence_penalty ?? 0,
      frequencyPenalty: fields.frequency_penalty ?? 0,
      repeatLastN: -1,
      logitBias: toLogitBias(fields.logit_bias, model.engine.info.vocabSize),
      seed: fields.seed ?? freshSeed(),
    },
    stop: toStops(fields.stop),
    ignoreEos: fields.ignore_eos === true,
  };
}

/**
 * The limit that a request sets; one above the context is taken: the context ends the text sooner.
 * @throws BadRequestError for one below 0
 */
export function maxTokensOf(
  fields: Pick<ChatCompletionBody, "max_tokens"> & Partial<Pick<ChatCompletionBody, "max_completion_tokens">>,
  fallback: number,
  { engine }: ServedModel,
): number {
  const { contextSize } = engine.info;
  for (const name of ["max_completion_tokens", "max_tokens"] as const) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    if (value >= 0) return value;
    throw new BadRequestError(
      `${name} must be 0 or more, of which the context allows up to ${contextSize}, but is ${value}`,
      name,
    );
  }
  return fallback;
}

/** @throws BadRequestError for options of a stream that is not asked for */
export function checkStreamOptions({
  stream,
  stream_options,
}: Pick<CompletionBody, "stream" | "stream_options">) {
  if (stream_options && !stream) {
    throw new BadRequestError("stream_options must be left out unless stream is true", "stream_options");
  }
}

/** The seeds of several choices of one request: consecutive, so that the first is what a single choice would be. */
export function withSeed<T extends Pick<GenerationRequest, "sampling">>(settings: T, choice: number): T {
  const seed = (settings.sampling.seed + choice) % (Number.MAX_SAFE_INTEGER + 1);
  return { ...settings, sampling: { ...settings.sampling, seed } };
}

/**
 * OpenAI's usage object of generations, in the order of their prompts, `n` of each. Choices share their prompt: it is
 * counted once, with what the cache held of it before the first of them came.
 */
export function usageOf(usages: readonly DoneEvent["usage"][], n: number) {
  let promptTokens = 0;
  let cachedTokens = 0;
  let completionTokens = 0;
  for (let first = 0; first < usages.length; first += n) {
    const choices = usages.slice(first, first + n);
    promptTokens += choices[0]!.promptTokens;
    cachedTokens += Math.min(...choices.map((usage) => usage.cachedTokens));
    completionTokens += choices.reduce((sum, usage) => sum + usage.completionTokens, 0);
  }
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

/** The fields that every object of one answer repeats. */
export function openAiHead(prefix: string, object: string, model: string, version: string) {
  return {
    id: `${prefix}-${crypto.randomUUID().replaceAll("-", "")}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model,
    system_fingerprint: `realizar-${version}`,
  };
}
