import { type ChannelDelta, type ChatMessage, joinDeltas } from "@realizar/chat";
import type { DoneEvent, GenerationEvent, GenerationRequest, TokenEvent } from "@realizar/engine";
import { type AnswerChannels, answerChannels, effortVariables, toToolDefinition } from "../chat-prompt.ts";
import { BadRequestError, errorBody, type HttpError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
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
import { chatLogprobs } from "../openai-logprobs.ts";
import type { Limits } from "../options.ts";
import { checkFits, encodePrompt } from "../prompt.ts";
import { post } from "../route.ts";
import {
  type ChatCompletionBody,
  type ChatMessageBody,
  chatCompletionRequest,
  chatCompletionResponse,
} from "../schemas/openai.ts";
import { type ServerSentEvent, sseResponse } from "../sse.ts";
import { streamJob } from "../stream-job.ts";

/** One request, ready to run: every choice is generated from the same prompt. */
interface Chat {
  readonly job: Job;
  readonly channels: AnswerChannels;
  readonly requests: readonly GenerationRequest[];
  readonly wantsLogprobs: boolean;
}

/** "developer" is the newer name of "system", which templates know. */
export function toChatMessage(message: ChatMessageBody): ChatMessage {
  const { role, content, name, reasoning_content, tool_call_id, tool_calls } = message;
  return {
    role: role === "developer" ? "system" : role,
    content: content ?? "",
    ...(name === undefined || name === null ? {} : { name }),
    ...(reasoning_content === undefined ? {} : { reasoning_content }),
    ...(tool_call_id === undefined ? {} : { tool_call_id }),
    ...(tool_calls === undefined || tool_calls === null
      ? {}
      : { tool_calls: tool_calls.map(({ id, type, function: called }) => ({ id, type, function: called })) }),
  };
}

async function prepare(body: ChatCompletionBody, job: Job, { server }: Exchange): Promise<Chat> {
  const { model, modelId } = job;
  // Who may not call a tool is told of none.
  const tools = body.tool_choice === "none" ? [] : (body.tools ?? []).map(toToolDefinition);
  const prompt = server.chatPrompts.render(model, modelId, {
    messages: body.messages.map(toChatMessage),
    tools,
    variables: {
      ...effortVariables(model, body.reasoning_effort, "reasoning_effort"),
      ...body.chat_template_kwargs,
    },
  });
  const promptIds = await encodePrompt(model, prompt, { parseSpecial: true });
  const { contextSize } = model.engine.info;
  checkFits(promptIds, contextSize);
  const wantsLogprobs = body.logprobs === true;
  if (body.top_logprobs && !wantsLogprobs) {
    throw new BadRequestError("top_logprobs must be left out unless logprobs is true", "top_logprobs");
  }
  checkStreamOptions(body);
  const calls = tools.length === 0 ? "none" : body.parallel_tool_calls === false ? "one" : "any";
  const channels = answerChannels(model, prompt, calls, tools);
  const settings = {
    ...openAiSettings(body, model),
    promptIds,
    showSpecial: channels.showSpecial,
    maxTokens: maxTokensOf(body, contextSize, model),
    logprobs: wantsLogprobs,
    ...(wantsLogprobs ? { topLogprobs: body.top_logprobs ?? 0 } : {}),
  };
  const requests = Array.from({ length: body.n ?? 1 }, (_, choice) => withSeed(settings, choice));
  return { job, channels, requests, wantsLogprobs };
}

/** "tool_calls" where an answer that ended by itself holds some. */
const finishOf = (reason: "stop" | "length", calls: number) =>
  reason === "stop" && calls > 0 ? "tool_calls" : reason;

async function answer({ job, channels, requests, wantsLogprobs }: Chat, version: string) {
  const { tokenizer } = job.model;
  const generated = await Promise.all(requests.map((request) => collect(job.generate(request))));
  return {
    ...openAiHead("chatcmpl", "chat.completion", job.modelId, version),
    choices: generated.map(({ text, tokens, finishReason }, index) => {
      const parser = channels.createParser();
      const { content, reasoning_content, tool_calls } = joinDeltas([
        ...parser.push(text),
        ...parser.flush(),
      ]);
      return {
        index,
        message: {
          role: "assistant",
          content: content === "" && tool_calls.length > 0 ? null : content,
          ...(reasoning_content === "" ? {} : { reasoning_content }),
          ...(tool_calls.length === 0 ? {} : { tool_calls: tool_calls.map(({ index: _, ...call }) => call) }),
          refusal: null,
        },
        logprobs: wantsLogprobs ? chatLogprobs(tokenizer, tokens) : null,
        finish_reason: finishOf(finishReason, tool_calls.length),
      };
    }),
    usage: usageOf(
      generated.map(({ usage }) => usage),
      requests.length,
    ),
  };
}

/** OpenAI's chunks: the role, what is said, why each choice ended; the usage where asked for; `[DONE]`. */
async function* chunks(
  { job, channels, requests, wantsLogprobs }: Chat,
  version: string,
  includeUsage: boolean,
): AsyncGenerator<ServerSentEvent> {
  const { tokenizer } = job.model;
  const head = openAiHead("chatcmpl", "chat.completion.chunk", job.modelId, version);
  const chunk = (index: number, delta: object, logprobs: object | null, finishReason: string | null) => ({
    data: {
      ...head,
      choices: [{ index, delta, logprobs, finish_reason: finishReason }],
      ...(includeUsage ? { usage: null } : {}),
    },
  });

  const parsers = requests.map(() => channels.createParser());
  const calls = requests.map(() => 0);
  /** Tokens whose log-probabilities wait for a chunk to leave with. */
  const waiting: TokenEvent[][] = requests.map(() => []);
  const usages: DoneEvent["usage"][] = [];

  function* say(index: number, deltas: readonly ChannelDelta[]): Generator<ServerSentEvent> {
    for (const delta of deltas) {
      const tokens = waiting[index]!.splice(0);
      calls[index]! += delta.tool_calls?.length ?? 0;
      yield chunk(index, delta, wantsLogprobs ? chatLogprobs(tokenizer, tokens) : null, null);
    }
  }

  let started = false;
  const events: AsyncGenerator<readonly [number, GenerationEvent]> = merge(
    requests.map((request) => job.generate(request)),
  );
  for await (const [index, event] of events) {
    if (!started) {
      started = true;
      for (const choice of requests.keys())
        yield chunk(choice, { role: "assistant", content: "" }, null, null);
    }
    if (event.type === "token") {
      if (wantsLogprobs) waiting[index]!.push(event);
      yield* say(index, parsers[index]!.push(event.text));
    } else if (event.type === "done") {
      usages[index] = event.usage;
      yield* say(index, [...parsers[index]!.push(event.text), ...parsers[index]!.flush()]);
      const rest = waiting[index]!.splice(0);
      const logprobs = rest.length > 0 ? chatLogprobs(tokenizer, rest) : null;
      yield chunk(index, {}, logprobs, finishOf(finishReasonOf(event), calls[index]!));
    }
  }
  if (includeUsage) {
    yield { data: { ...head, choices: [], usage: usageOf(usages, requests.length) } };
  }
  yield { data: "[DONE]" };
}

export const openAiErrorEvent = (error: HttpError): ServerSentEvent => ({ data: errorBody(error, "openai") });

export const chatCompletionsRoute = (limits: Limits) =>
  post("/v1/chat/completions", {
    summary: "Answers a conversation",
    dialect: "openai",
    request: chatCompletionRequest(limits.batchItems),
    response: chatCompletionResponse,
    streams: "text/event-stream",
    handle: async (body, exchange) => {
      const { version } = exchange.server;
      const job = await openJob(exchange, body.model);
      let streaming = false;
      try {
        const chat = await prepare(body, job, exchange);
        if (!body.stream) return Response.json(await answer(chat, version));
        streaming = true;
        const events = chunks(chat, version, body.stream_options?.include_usage === true);
        return await streamJob(exchange, job, events, openAiErrorEvent, (sent, onCancel) =>
          sseResponse(sent, limits.keepAliveMs, { onCancel }),
        );
      } finally {
        if (!streaming) job.close();
      }
    },
  });
