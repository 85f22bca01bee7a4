import { z } from "zod";
import {
  additivePenalty,
  batchOf,
  count,
  flag,
  logitBias,
  numberAbove,
  numberIn,
  oneOf,
  repetitionPenalty,
  seed,
  stop,
  text,
  tokenIds,
  topK,
} from "./fields.ts";
import { messagesOf } from "./openai.ts";

const modelId = text().nullish().describe("Which model; the server's first one where it is left out");

const prompt = text().refine((value) => value !== "", { error: "Prompt cannot be empty" });

/** The parameters of a generation, shared by the three endpoints. */
const sampling = {
  model_id: modelId,
  max_tokens: count().default(50).describe("0 to the context's size"),
  temperature: numberIn(0, 100).default(1).describe("0 is greedy"),
  strategy: oneOf(["greedy", "top_k", "top_p"]).default("greedy"),
  top_k: topK().default(50).describe("For the strategy top_k"),
  top_p: numberAbove(0, 1).default(0.9).describe("For the strategy top_p"),
  min_p: numberIn(0, 1).default(0).describe("For the strategies top_k and top_p; 0 is off"),
  repetition_penalty: repetitionPenalty().default(1),
  presence_penalty: additivePenalty(100).default(0),
  frequency_penalty: additivePenalty(100).default(0),
  logit_bias: logitBias().nullish(),
  stop: stop().nullish(),
  seed: seed().nullish().describe("A fresh random one where it is left out"),
};

export const samplingFields = z.strictObject(sampling);
export type SamplingFields = z.output<typeof samplingFields>;

export const generateRequest = z.strictObject({ prompt, ...sampling });
export type GenerateBody = z.output<typeof generateRequest>;

export const generateResponse = z.object({
  token_ids: z.array(z.int()).describe("All ids that were fed and made"),
  text: z.string().describe("The prompt and what followed"),
  num_generated: z.int(),
  finish_reason: z.enum(["stop", "length"]),
  seed: z.int(),
});

export const batchGenerateRequest = (maxItems: number) =>
  z.strictObject({
    prompts: batchOf({ type: "string" }, "Prompts array cannot be empty", maxItems),
    ...sampling,
  });

const failure = z.object({ error: z.string() });

export const batchGenerateResponse = z.object({ results: z.array(z.union([generateResponse, failure])) });

export const tokenizeRequest = z.strictObject({ text: text(), model_id: modelId });
export const tokenizeResponse = z.object({ token_ids: z.array(z.int()), num_tokens: z.int() });

export const batchTokenizeRequest = (maxItems: number) =>
  z.strictObject({
    texts: batchOf({ type: "string" }, "Texts array cannot be empty", maxItems),
    model_id: modelId,
  });
export const batchTokenizeResponse = z.object({ results: z.array(z.union([tokenizeResponse, failure])) });

export const detokenizeRequest = z.strictObject({ token_ids: tokenIds(), model_id: modelId });
export const detokenizeResponse = z.object({ text: z.string() });

export const healthResponse = z.object({
  status: z.enum(["healthy", "loading", "draining", "failed"]),
  version: z.string(),
});

export const modelsResponse = z.object({
  models: z.array(
    z.object({
      id: z.string(),
      path: z.string(),
      format: z.string(),
      loaded: z.boolean(),
      bytes: z.int(),
    }),
  ),
});

export const modelRequest = z.strictObject({ model_id: text() });
export const modelLoadResponse = z.object({ id: z.string(), status: z.string() });

export const applyTemplateRequest = z.strictObject({
  messages: messagesOf(),
  add_generation_prompt: flag().default(true),
  model_id: modelId,
});
export const applyTemplateResponse = z.object({ prompt: z.string() });
