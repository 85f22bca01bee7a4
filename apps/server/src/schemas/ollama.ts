import { z } from "zod";
import { millisecondsOf } from "../duration.ts";
import {
  additivePenalty,
  flag,
  integerIn,
  neutral,
  numberIn,
  oneOf,
  repetitionPenalty,
  seed,
  stop,
  text,
  unsupported,
} from "./fields.ts";
import { tool } from "./openai.ts";

const MAX_INT32 = 2 ** 31 - 1;

/** Options of Ollama that change how a model runs and not what it says: here the server's own say how. */
const HOW_TO_RUN = [
  ...["num_thread", "num_gpu", "main_gpu", "num_batch", "num_keep", "numa", "low_vram"],
  ...["f16_kv", "use_mmap", "use_mlock"],
];

/** Ollama's Modelfile parameters (ollama/docs/modelfile). */
const options = z.strictObject(
  {
    temperature: numberIn(0, 100).optional(),
    top_k: integerIn(0, MAX_INT32).optional(),
    top_p: numberIn(0, 1).optional(),
    min_p: numberIn(0, 1).optional(),
    repeat_penalty: repetitionPenalty().optional(),
    repeat_last_n: integerIn(-1, MAX_INT32).optional(),
    presence_penalty: additivePenalty(100).optional(),
    frequency_penalty: additivePenalty(100).optional(),
    seed: seed().optional(),
    stop: stop().optional(),
    num_ctx: integerIn(1, MAX_INT32).optional().describe("At most the context that the model is served with"),
    num_predict: integerIn(-2, MAX_INT32).optional().describe("-1 and -2: to the end of the context"),
    ...Object.fromEntries(HOW_TO_RUN.map((name) => [name, neutral(z.union([z.number(), z.boolean()]))])),
    mirostat: unsupported(0),
    tfs_z: unsupported(1),
    typical_p: unsupported(1),
  },
  { error: "must be an object" },
);
export type OllamaOptions = z.output<typeof options>;

const durationRule = { error: 'must be seconds, or a duration such as "5m"; below 0 is for ever' };
const keepAlive = z
  .union([z.number(), z.string()], durationRule)
  .transform((given, context) => {
    const ms = millisecondsOf(given);
    if (ms === undefined) context.addIssue({ code: "custom", message: durationRule.error });
    return ms ?? 0;
  })
  .nullish()
  .describe("Idle time after which a model that is not pinned is unloaded; the server's own limit holds too");

const common = {
  model: text(),
  stream: flag().default(true),
  options: options.nullish(),
  keep_alive: keepAlive,
  format: unsupported(""),
};

const think = () =>
  z
    .union([z.boolean(), z.enum(["low", "medium", "high"])], {
      error: "must be true, false, low, medium or high",
    })
    .nullish();

const toolCall = z.strictObject({
  id: text().optional(),
  type: neutral(z.literal("function", { error: 'must be "function"' })),
  function: z.strictObject({
    name: text(),
    arguments: z.record(z.string(), z.unknown(), { error: "must be an object" }),
    index: neutral(z.int()),
  }),
});

const message = z.strictObject({
  role: oneOf(["system", "user", "assistant", "tool"]),
  content: text(),
  thinking: text().optional(),
  images: unsupported([]),
  tool_calls: z.array(toolCall, { error: "must be an array of tool calls" }).optional(),
  tool_name: text().optional(),
  tool_call_id: text().optional(),
});

export const ollamaChatRequest = z.strictObject({
  ...common,
  messages: z.array(message, { error: "must be an array of messages" }).default([]),
  tools: z.array(tool, { error: "must be an array of tools" }).nullish(),
  think: think().describe("Sets enable_thinking or reasoning_effort of templates that know it"),
  logprobs: unsupported(false),
});

export type OllamaThink = z.output<ReturnType<typeof think>>;
export type OllamaMessage = z.output<typeof message>;
export type OllamaCommon = Pick<
  z.output<typeof ollamaChatRequest>,
  "model" | "stream" | "options" | "think" | "keep_alive"
>;

export const ollamaGenerateRequest = z.strictObject({
  ...common,
  prompt: text().default(""),
  system: text().default(""),
  raw: flag().default(false).describe("Take the prompt as it is, without the chat template"),
  think: think(),
  suffix: unsupported(""),
  images: unsupported([]),
  template: unsupported(""),
  context: unsupported([]),
  logprobs: unsupported(false),
});

const embedding = {
  model: text(),
  options: options.nullish(),
  keep_alive: common.keep_alive,
};

export const ollamaEmbedRequest = (maxInputs: number) => {
  const rule = { error: `must be a string, or an array of at most ${maxInputs} strings` };
  return z.strictObject({
    ...embedding,
    input: z.union([z.string(), z.array(z.string()).max(maxInputs)], rule).default([]),
    truncate: flag().default(true).describe("Cut texts that are longer than the context"),
    dimensions: integerIn(1, MAX_INT32).nullish(),
  });
};

export const ollamaEmbeddingsRequest = z.strictObject({ ...embedding, prompt: text().default("") });

export const ollamaEmbedResponse = z.object({
  model: z.string(),
  embeddings: z.array(z.array(z.number())),
  total_duration: z.int(),
  load_duration: z.int(),
  prompt_eval_count: z.int(),
});
export const ollamaEmbeddingsResponse = z.object({ embedding: z.array(z.number()) });

export const ollamaShowRequest = z.strictObject({
  model: text().optional(),
  name: text().optional(),
  verbose: neutral(flag()),
});

const figures = {
  model: z.string(),
  created_at: z.string(),
  done: z.boolean(),
  done_reason: z.enum(["stop", "length", "load", "unload"]).optional(),
  total_duration: z.int().optional(),
  load_duration: z.int().optional(),
  prompt_eval_count: z.int().optional(),
  prompt_eval_duration: z.int().optional(),
  eval_count: z.int().optional(),
  eval_duration: z.int().optional(),
};

export const ollamaChatResponse = z.object({
  ...figures,
  message: z.object({
    role: z.literal("assistant"),
    content: z.string(),
    thinking: z.string().optional(),
    tool_calls: z
      .array(
        z.object({ function: z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }) }),
      )
      .optional(),
  }),
});
export const ollamaGenerateResponse = z.object({
  ...figures,
  response: z.string(),
  thinking: z.string().optional(),
});

const details = z.object({
  parent_model: z.string(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()),
  parameter_size: z.string(),
  quantization_level: z.string(),
});

export const ollamaTagsResponse = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      model: z.string(),
      modified_at: z.string(),
      size: z.int(),
      digest: z.string(),
      details,
    }),
  ),
});
export const ollamaPsResponse = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      model: z.string(),
      size: z.int(),
      digest: z.string(),
      details,
      expires_at: z.string(),
      size_vram: z.int(),
      context_length: z.int(),
    }),
  ),
});
export const ollamaShowResponse = z.object({
  template: z.string(),
  details,
  model_info: z.record(z.string(), z.unknown()),
  capabilities: z.array(z.string()),
});
export const ollamaVersionResponse = z.object({ version: z.string() });
