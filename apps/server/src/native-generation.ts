import type { GenerationRequest } from "@realizar/engine";
import { freshSeed, SAMPLING_DEFAULTS, type SamplingParams } from "@realizar/sampling";
import { BadRequestError } from "./errors.ts";
import { collect, type Job } from "./job.ts";
import { checkFits, checkMaxTokens, encodePrompt, toLogitBias, toStops } from "./prompt.ts";
import type { SamplingFields } from "./schemas/native.ts";
import type { ServedModel } from "./served-model.ts";

/** What each strategy makes of the request's fields. */
const STRATEGIES: Readonly<
  Record<
    SamplingFields["strategy"],
    (fields: SamplingFields) => Pick<SamplingParams, "temperature" | "topK" | "topP" | "minP">
  >
> = {
  greedy: () => ({ temperature: 0, topK: 0, topP: 1, minP: 0 }),
  top_k: ({ temperature, top_k, min_p }) => ({ temperature, topK: top_k, topP: 1, minP: min_p }),
  top_p: ({ temperature, top_p, min_p }) => ({ temperature, topK: 0, topP: top_p, minP: min_p }),
};

/** The parameters of a generation without its prompt; the seed is decided here, so that it can be reported. */
export type NativeSettings = Pick<GenerationRequest, "maxTokens" | "sampling" | "stop" | "logprobs">;

/** @throws BadRequestError for what the model's sizes forbid */
export function nativeSettings(fields: SamplingFields, model: ServedModel): NativeSettings {
  const { contextSize, vocabSize } = model.engine.info;
  checkMaxTokens("max_tokens", fields.max_tokens, contextSize);
  return {
    maxTokens: fields.max_tokens,
    sampling: {
      ...STRATEGIES[fields.strategy](fields),
      repetitionPenalty: fields.repetition_penalty,
      presencePenalty: fields.presence_penalty,
      frequencyPenalty: fields.frequency_penalty,
      repeatLastN: SAMPLING_DEFAULTS.repeatLastN,
      logitBias: toLogitBias(fields.logit_bias, vocabSize),
      seed: fields.seed ?? freshSeed(),
    },
    stop: toStops(fields.stop),
    logprobs: false,
  };
}

/**
 * The ids of a prompt.
 * @throws BadRequestError for one that is empty, PromptTooLongError
 */
export async function nativePrompt(prompt: string, model: ServedModel, together?: number): Promise<number[]> {
  if (prompt === "") throw new BadRequestError("Prompt cannot be empty", "prompt");
  const ids = await encodePrompt(model, prompt, { parseSpecial: false, together });
  if (ids.length === 0) {
    throw new BadRequestError(`Prompt ${quote(prompt)} tokenizes to empty sequence`, "prompt");
  }
  checkFits(ids, model.engine.info.contextSize);
  return ids;
}

const quote = (text: string): string => `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`;

/** One prompt's answer in the form of /generate. `together`: as of `encodeText`. */
export async function generateOne(job: Job, prompt: string, settings: NativeSettings, together?: number) {
  const promptIds = await nativePrompt(prompt, job.model, together);
  const { tokens, text, finishReason } = await collect(job.generate({ ...settings, promptIds }));
  return {
    token_ids: [...promptIds, ...tokens.map((token) => token.id)],
    text: (prompt + text).toWellFormed(),
    num_generated: tokens.length,
    finish_reason: finishReason,
    seed: settings.sampling.seed,
  };
}
