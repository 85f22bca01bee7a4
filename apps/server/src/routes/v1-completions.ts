import type { DoneEvent, GenerationRequest, PromptEvent, TokenEvent } from "@realizar/engine";
import { BadRequestError } from "../errors.ts";
import { collect, finishReasonOf, type Job, openJob } from "../job.ts";
import { merge } from "../merge.ts";
import {
  checkStreamOptions,
  maxTokensOf,
  openAiHead,
  openAiSettings,
  usageOf,
  withSeed,
} from "../openai-generation.ts";
import { completionLogprobs } from "../openai-logprobs.ts";
import type { Limits } from "../options.ts";
import { checkFits, encodePrompt, totalLength } from "../prompt.ts";
import { post } from "../route.ts";
import { type CompletionBody, completionRequest, completionResponse } from "../schemas/openai.ts";
import type { ServedModel } from "../served-model.ts";
import { type ServerSentEvent, sseResponse } from "../sse.ts";
import { streamJob } from "../stream-job.ts";
import { openAiErrorEvent } from "./v1-chat-completions.ts";

/** OpenAI's default for this endpoint. */
const DEFAULT_MAX_TOKENS = 16;

interface Prompt {
  readonly ids: readonly number[];
  /** What `echo` repeats. */
  readonly text: string;
}

/** One choice: its prompt and its request. */
interface Choice {
  readonly prompt: Prompt;
  readonly request: GenerationRequest;
}

interface Completion {
  readonly job: Job;
  readonly choices: readonly Choice[];
  /** Choices of each prompt. */
  readonly n: number;
  readonly echo: boolean;
  /** Alternatives a token; undefined where no log-probabilities are wanted. */
  readonly logprobs: number | undefined;
}

async function promptsOf(given: CompletionBody["prompt"], model: ServedModel): Promise<Prompt[]> {
  const { tokenizer, engine } = model;
  const together = typeof given === "string" ? given.length : totalLength(given);
  const fromText = async (text: string): Promise<Prompt> => {
    const ids = await encodePrompt(model, text, { parseSpecial: true, together });
    if (ids.length === 0) throw new BadRequestError("prompt cannot be empty for this model", "prompt");
    return { ids, text: text.toWellFormed() };
  };
  const fromIds = (ids: readonly number[]): Prompt => {
    const { vocabSize } = engine.info;
    if (ids.length === 0) throw new BadRequestError("prompt must have at least one token id", "prompt");
    const bad = ids.find((id) => id >= vocabSize);
    if (bad !== undefined) {
      throw new BadRequestError(
        `prompt must consist of token ids from 0 to ${vocabSize - 1}, but has ${bad}`,
        "prompt",
      );
    }
    return { ids, text: tokenizer.decode(ids) };
  };
  if (typeof given === "string") return [await fromText(given)];
  if (typeof given[0] === "number") return [fromIds(given as number[])];
  return Promise.all(
    (given as (string | number[])[]).map((one) => (typeof one === "string" ? fromText(one) : fromIds(one))),
  );
}

async function prepare(body: CompletionBody, job: Job, limits: Limits): Promise<Completion> {
  checkStreamOptions(body);
  const { model } = job;
  const prompts = await promptsOf(body.prompt, model);
  const n = body.n ?? 1;
  if (prompts.length * n > limits.batchItems) {
    const most = limits.batchItems;
    throw new BadRequestError(
      `prompt times n must be at most ${most}, but is ${prompts.length * n}`,
      "prompt",
    );
  }
  for (const { ids } of prompts) checkFits(ids, model.engine.info.contextSize);
  const maxTokens = maxTokensOf(body, DEFAULT_MAX_TOKENS, model);
  const echo = body.echo === true;
  const logprobs = body.logprobs ?? undefined;
  const settings = {
    ...openAiSettings(body, model),
    maxTokens,
    logprobs: logprobs !== undefined,
    ...(logprobs === undefined ? {} : { topLogprobs: logprobs, echoLogprobs: echo }),
  };
  const choices = prompts.flatMap((prompt) =>
    Array.from({ length: n }, (_, choice) => ({
      prompt,
      request: { ...withSeed(settings, choice), promptIds: prompt.ids },
    })),
  );
  return { job, choices, n, echo, logprobs };
}

async function answer({ job, choices, n, echo, logprobs }: Completion, version: string) {
  const { tokenizer } = job.model;
  const generated = await Promise.all(choices.map(({ request }) => collect(job.generate(request))));
  return {
    ...openAiHead("cmpl", "text_completion", job.modelId, version),
    choices: generated.map(({ prompt, tokens, text, finishReason }, index) => ({
      index,
      text: echo ? choices[index]!.prompt.text + text : text,
      logprobs:
        logprobs === undefined ? null : completionLogprobs(tokenizer, [...prompt, ...tokens], logprobs, 0),
      finish_reason: finishReason,
    })),
    usage: usageOf(
      generated.map(({ usage }) => usage),
      n,
    ),
  };
}

async function* chunks(
  { job, choices, n, echo, logprobs }: Completion,
  version: string,
  includeUsage: boolean,
): AsyncGenerator<ServerSentEvent> {
  const { tokenizer } = job.model;
  const head = openAiHead("cmpl", "text_completion", job.modelId, version);
  const offsets = choices.map(() => 0);
  const waiting: (TokenEvent | PromptEvent)[][] = choices.map(() => []);
  const usages: DoneEvent["usage"][] = [];

  function chunk(index: number, text: string, finishReason: string | null): ServerSentEvent {
    const tokens = waiting[index]!.splice(0);
    const told =
      logprobs === undefined ? null : completionLogprobs(tokenizer, tokens, logprobs, offsets[index]!);
    offsets[index]! += text.length;
    return {
      data: {
        ...head,
        choices: [{ index, text, logprobs: told, finish_reason: finishReason }],
        ...(includeUsage ? { usage: null } : {}),
      },
    };
  }

  /** Choices whose prompt is still to be repeated. */
  const unsaid = new Set(echo ? choices.keys() : []);
  for await (const [index, event] of merge(choices.map(({ request }) => job.generate(request)))) {
    if (event.type === "prompt") {
      waiting[index]!.push(event);
      continue;
    }
    if (unsaid.delete(index)) yield chunk(index, choices[index]!.prompt.text, null);
    if (event.type === "token") {
      if (logprobs !== undefined) waiting[index]!.push(event);
      if (event.text !== "") yield chunk(index, event.text, null);
    } else {
      usages[index] = event.usage;
      yield chunk(index, event.text, finishReasonOf(event));
    }
  }
  if (includeUsage) yield { data: { ...head, choices: [], usage: usageOf(usages, n) } };
  yield { data: "[DONE]" };
}

export const completionsRoute = (limits: Limits) =>
  post("/v1/completions", {
    summary: "Continues prompts given as texts or token ids; with echo and logprobs, scores them",
    dialect: "openai",
    request: completionRequest(limits.batchItems),
    response: completionResponse,
    streams: "text/event-stream",
    handle: async (body, exchange) => {
      const { version } = exchange.server;
      const job = await openJob(exchange, body.model);
      let streaming = false;
      try {
        const completion = await prepare(body, job, limits);
        if (!body.stream) return Response.json(await answer(completion, version));
        streaming = true;
        const events = chunks(completion, version, body.stream_options?.include_usage === true);
        return await streamJob(exchange, job, events, openAiErrorEvent, (sent, onCancel) =>
          sseResponse(sent, limits.keepAliveMs, { onCancel }),
        );
      } finally {
        if (!streaming) job.close();
      }
    },
  });
