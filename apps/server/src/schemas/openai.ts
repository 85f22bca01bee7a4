import { z } from "zod";
import {
  additivePenalty,
  count,
  flag,
  integerIn,
  logitBias,
  neutral,
  numberIn,
  oneOf,
  repetitionPenalty,
  seed,
  stop,
  text,
  tokenId,
  unsupported,
} from "./fields.ts";

const MAX_INT32 = 2 ** 31 - 1;
/** OpenAI's own bounds (platform.openai.com/docs/api-reference). */
const MAX_TOP_LOGPROBS = 20;

/** Parameters of both completion endpoints. The last four are not OpenAI's, but its other servers have them. */
const generation = (maxChoices: number) => ({
  model: text().nullish(),
  frequency_penalty: additivePenalty(2).nullish(),
  presence_penalty: additivePenalty(2).nullish(),
  logit_bias: logitBias().nullish(),
  n: integerIn(1, maxChoices).nullish(),
  stop: stop().nullish(),
  seed: seed().nullish(),
  temperature: numberIn(0, 2).nullish(),
  top_p: numberIn(0, 1).nullish(),
  max_tokens: count().nullish(),
  stream: flag().nullish(),
  stream_options: z
    .strictObject({ include_usage: flag().nullish(), include_obfuscation: unsupported(false) })
    .nullish(),
  user: neutral(text().nullable()),
  top_k: integerIn(0, MAX_INT32).nullish(),
  min_p: numberIn(0, 1).nullish(),
  repetition_penalty: repetitionPenalty().nullish(),
  ignore_eos: flag().nullish().describe("Go on after an end-of-generation token"),
});

const textPart = z.strictObject({
  type: z.literal("text", { error: 'must be "text": other kinds of content are not supported' }),
  text: text(),
});

const contentRule = { error: "must be a string or an array of text parts" };

const toolCall = z.strictObject({
  id: text(),
  type: z.literal("function", { error: 'must be "function"' }),
  function: z.strictObject({ name: text(), arguments: text() }),
  index: neutral(z.int()),
});

const nameRule = { error: "must be 1 to 64 letters, digits, underscores or dashes" };

const REASONING_EFFORTS = ["none", "minimal", "low", "medium", "high"] as const;
export type ReasoningEffort = (typeof REASONING_EFFORTS)[number];

/** A function that the model may call. */
export const tool = z.strictObject({
  type: z.literal("function", { error: 'must be "function": other kinds of tools are not supported' }),
  function: z.strictObject({
    name: z.string(nameRule).regex(/^[\w-]{1,64}$/, nameRule),
    description: text().nullish(),
    parameters: z.record(z.string(), z.unknown(), { error: "must be a JSON schema, an object" }).nullish(),
    strict: unsupported(false),
  }),
});
export type ToolBody = z.output<typeof tool>;

const message = z.strictObject({
  role: oneOf(["system", "developer", "user", "assistant", "tool"]),
  content: z.union([z.string(), z.array(textPart), z.null()], contentRule).optional(),
  name: text().nullish(),
  reasoning_content: text().nullish(),
  tool_call_id: text().optional(),
  tool_calls: z.array(toolCall, { error: "must be an array of tool calls" }).nullish(),
  function_call: unsupported(),
  refusal: unsupported(),
  audio: unsupported(),
  annotations: unsupported([]),
});

export const messagesOf = () =>
  z
    .array(message, { error: "must be an array of messages" })
    .min(1, { error: "must be an array of at least one message" });

export type ChatMessageBody = z.output<typeof message>;

const templateVariables = z.record(z.string(), z.unknown(), { error: "must be an object" });

export const chatCompletionRequest = (maxChoices: number) =>
  z.strictObject({
    ...generation(maxChoices),
    messages: messagesOf(),
    max_completion_tokens: count().nullish(),
    logprobs: flag().nullish(),
    top_logprobs: integerIn(0, MAX_TOP_LOGPROBS).nullish(),
    chat_template_kwargs: templateVariables.nullish().describe("Further variables of the chat template"),
    response_format: unsupported({ type: "text" }),
    tools: z.array(tool, { error: "must be an array of tools" }).nullish(),
    tool_choice: unsupported("none", "auto"),
    parallel_tool_calls: flag().nullish().describe("false: the first call of an answer only"),
    functions: unsupported([]),
    function_call: unsupported("none", "auto"),
    modalities: unsupported(["text"]),
    audio: unsupported(),
    prediction: unsupported(),
    reasoning_effort: oneOf(REASONING_EFFORTS)
      .nullish()
      .describe("A variable of templates that know it; none switches off what they call thinking"),
    web_search_options: unsupported(),
    verbosity: unsupported("medium"),
    service_tier: unsupported("auto", "default"),
    store: unsupported(false),
    metadata: neutral(z.record(z.string(), z.string()).nullable()),
    safety_identifier: neutral(text().nullable()),
    prompt_cache_key: neutral(text().nullable()),
    prompt_cache_retention: unsupported("in-memory"),
  });
export type ChatCompletionBody = z.output<ReturnType<typeof chatCompletionRequest>>;

const promptRule = {
  error: "must be a string, an array of strings, an array of token ids, or an array of such arrays",
};
const ids = z.array(tokenId(), promptRule);

export const completionRequest = (maxChoices: number) =>
  z.strictObject({
    ...generation(maxChoices),
    prompt: z.union([z.string(), z.array(z.string()).min(1), ids.min(1), z.array(ids).min(1)], promptRule),
    echo: flag().nullish(),
    logprobs: integerIn(0, MAX_TOP_LOGPROBS).nullish(),
    best_of: unsupported(1),
    suffix: unsupported(""),
  });
export type CompletionBody = z.output<ReturnType<typeof completionRequest>>;

const inputRule = {
  error:
    "must be a non-empty string, an array of such strings, an array of token ids, or an array of such arrays",
};
const inputIds = z.array(z.int().min(0, inputRule), inputRule);
const isEmpty = (input: unknown): boolean => (input as string | unknown[]).length === 0;

const embeddingInput = (most: number) =>
  z
    .union([z.string(), z.array(z.string()), inputIds, z.array(inputIds)], inputRule)
    .refine(
      (input) => !isEmpty(input) && (typeof input === "string" || !(input as unknown[]).some(isEmpty)),
      { ...inputRule, abort: true },
    )
    .refine((input) => input.length <= most || typeof input === "string" || typeof input[0] === "number", {
      error: `must have at most ${most} entries`,
    });

export const embeddingRequest = (maxInputs: number) =>
  z.strictObject({
    model: text().nullish(),
    input: embeddingInput(maxInputs),
    encoding_format: oneOf(["float", "base64"]).nullish(),
    dimensions: integerIn(1, MAX_INT32)
      .nullish()
      .describe("The vector's first numbers, scaled to length 1 again: for models that were trained for it"),
    user: neutral(text().nullable()),
    pooling: oneOf(["mean", "cls", "last"]).nullish().describe("Default: as the model's file says"),
  });
export type EmbeddingBody = z.output<ReturnType<typeof embeddingRequest>>;

/** Fields of either endpoint that say how to sample. */
export type OpenAiSampling = Pick<
  CompletionBody,
  | "frequency_penalty"
  | "presence_penalty"
  | "logit_bias"
  | "stop"
  | "seed"
  | "temperature"
  | "top_p"
  | "top_k"
  | "min_p"
  | "repetition_penalty"
  | "ignore_eos"
>;

const usage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.object({ cached_tokens: z.int() }),
});

const alternative = z.object({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int()).nullable(),
});

export const chatCompletionResponse = z.object({
  id: z.string(),
  object: z.literal("chat.completion"),
  created: z.int(),
  model: z.string(),
  system_fingerprint: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      message: z.object({
        role: z.literal("assistant"),
        content: z.string().nullable(),
        reasoning_content: z.string().optional(),
        tool_calls: z
          .array(
            z.object({
              id: z.string(),
              type: z.literal("function"),
              function: z.object({ name: z.string(), arguments: z.string() }),
            }),
          )
          .optional(),
        refusal: z.null(),
      }),
      logprobs: z
        .object({
          content: z.array(alternative.extend({ top_logprobs: z.array(alternative) })),
          refusal: z.null(),
        })
        .nullable(),
      finish_reason: z.enum(["stop", "length", "tool_calls"]),
    }),
  ),
  usage,
});

export const completionResponse = z.object({
  id: z.string(),
  object: z.literal("text_completion"),
  created: z.int(),
  model: z.string(),
  system_fingerprint: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      text: z.string(),
      logprobs: z
        .object({
          tokens: z.array(z.string()),
          token_logprobs: z.array(z.number().nullable()),
          top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullable(),
          text_offset: z.array(z.int()),
        })
        .nullable(),
      finish_reason: z.enum(["stop", "length"]),
    }),
  ),
  usage,
});

export const embeddingResponse = z.object({
  object: z.literal("list"),
  data: z.array(
    z.object({
      object: z.literal("embedding"),
      index: z.int(),
      embedding: z.union([z.array(z.number()), z.string()]).describe("Base64: little-endian float32"),
    }),
  ),
  model: z.string(),
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
});

export const openAiModel = z.object({
  id: z.string(),
  object: z.literal("model"),
  created: z.int(),
  owned_by: z.string(),
});
export const openAiModels = z.object({ object: z.literal("list"), data: z.array(openAiModel) });
