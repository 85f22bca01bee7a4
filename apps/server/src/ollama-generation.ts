import { type ChannelDelta, joinDeltas } from "@realizar/chat";
import type { DoneEvent, GenerationRequest } from "@realizar/engine";
import { freshSeed, SAMPLING_DEFAULTS } from "@realizar/sampling";
import { type AnswerChannels, answerChannels, type Conversation, effortVariables } from "./chat-prompt.ts";
import { BadRequestError, errorBody } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { finishReasonOf, type Job, openJob } from "./job.ts";
import { ndjsonResponse } from "./ndjson.ts";
import { checkFits, encodePrompt, toStops } from "./prompt.ts";
import type { OllamaOptions, OllamaThink } from "./schemas/ollama.ts";
import type { ServedModel } from "./served-model.ts";
import { streamJob } from "./stream-job.ts";

/** What both of Ollama's generating endpoints come down to. */
export interface OllamaAsk {
  readonly model: string;
  readonly stream: boolean;
  /** Whether, or how much, the model is to reason. */
  readonly think: OllamaThink;
  /** Idle time after which the model is unloaded; nothing: as before. */
  readonly keepAliveMs: number | null | undefined;
  readonly options: OllamaOptions | null | undefined;
  /** A conversation for the template, a prompt as it is, or nothing: then the model is only loaded. */
  readonly input: Conversation | string | undefined;
}

/** How an endpoint wraps a piece of an answer. */
export type Wrap = (piece: Piece) => object;

/** A piece of an answer in Ollama's words. */
export interface Piece {
  readonly content: string;
  readonly thinking?: string;
  readonly tool_calls?: readonly {
    readonly function: { readonly name: string; readonly arguments: object };
  }[];
}

export const NANOSECONDS_PER_MS = 1e6;

/**
 * Ollama's defaults (ollama/api/types.go, DefaultOptions).
 * @throws BadRequestError for a larger context than there is
 */
function settingsOf(
  options: OllamaOptions,
  { contextSize }: ServedModel["engine"]["info"],
): Omit<GenerationRequest, "promptIds"> {
  const { num_ctx } = options;
  if (num_ctx !== undefined && num_ctx > contextSize) {
    throw new BadRequestError(
      `options.num_ctx must be at most ${contextSize}, the context this model is served with, but is ${num_ctx}`,
      "options.num_ctx",
    );
  }
  const most = options.num_predict ?? -1;
  return {
    maxTokens: most < 0 ? contextSize : most,
    sampling: {
      ...SAMPLING_DEFAULTS,
      temperature: options.temperature ?? 0.8,
      topK: options.top_k ?? 40,
      topP: options.top_p ?? 0.9,
      minP: options.min_p ?? 0,
      repetitionPenalty: options.repeat_penalty ?? 1,
      repeatLastN: options.repeat_last_n ?? 64,
      presencePenalty: options.presence_penalty ?? 0,
      frequencyPenalty: options.frequency_penalty ?? 0,
      seed: options.seed ?? freshSeed(),
    },
    stop: toStops(options.stop),
    logprobs: false,
  };
}

/** Variables that the templates of reasoning models read. */
function thinkVariables(model: ServedModel, think: OllamaThink): Readonly<Record<string, unknown>> {
  return typeof think === "boolean" ? { enable_thinking: think } : effortVariables(model, think, "think");
}

/** Has the model unloaded so long after this request, where the request says how long. */
export function keepAlive({ server }: Exchange, modelId: string, idleMs: number | null | undefined): void {
  if (idleMs !== undefined && idleMs !== null) server.store.keep(modelId, idleMs);
}

/** "name:latest" is "name" unless a model is really called that. */
export function ollamaName(name: string, { store }: Exchange["server"]): string {
  const exact = store.sources.some(({ id }) => id === name);
  return exact ? name : name.replace(/:latest$/, "");
}

const pieceOf = ({ content = "", reasoning_content = "", tool_calls = [] }: ChannelDelta): Piece => ({
  content,
  ...(reasoning_content === "" ? {} : { thinking: reasoning_content }),
  ...(tool_calls.length === 0
    ? {}
    : {
        tool_calls: tool_calls.map(({ function: { name, arguments: text } }) => ({
          function: { name, arguments: JSON.parse(text) },
        })),
      }),
});

/** Answers in lines of JSON, or in one object where the request does not want a stream. */
export async function answerOllama(exchange: Exchange, ask: OllamaAsk, wrap: Wrap): Promise<Response> {
  const { server } = exchange;
  const arrived = performance.now();
  const job = await openJob(exchange, ollamaName(ask.model, server));
  const loadMs = performance.now() - arrived;
  const head = () => ({ model: ask.model, created_at: new Date().toISOString() });
  let streaming = false;
  try {
    const { model, modelId } = job;
    keepAlive(exchange, modelId, ask.keepAliveMs);
    if (ask.input === undefined) {
      const reason = server.store.find(modelId).pinned || ask.keepAliveMs !== 0 ? "load" : "unload";
      return Response.json({ ...head(), ...wrap({ content: "" }), done: true, done_reason: reason });
    }
    const prompt =
      typeof ask.input === "string"
        ? ask.input
        : server.chatPrompts.render(model, modelId, {
            ...ask.input,
            variables: thinkVariables(model, ask.think),
          });
    const promptIds = await encodePrompt(model, prompt, { parseSpecial: true });
    checkFits(promptIds, model.engine.info.contextSize);
    const tools = typeof ask.input === "string" ? [] : (ask.input.tools ?? []);
    const channels = answerChannels(model, prompt, tools.length === 0 ? "none" : "any", tools);
    const request = {
      ...settingsOf(ask.options ?? {}, model.engine.info),
      promptIds,
      showSpecial: channels.showSpecial,
    };

    const end = ({ usage, timings, ...done }: DoneEvent) => ({
      done: true,
      done_reason: finishReasonOf(done as DoneEvent),
      total_duration: Math.round((performance.now() - arrived) * NANOSECONDS_PER_MS),
      load_duration: Math.round(loadMs * NANOSECONDS_PER_MS),
      prompt_eval_count: usage.promptTokens,
      prompt_eval_duration: Math.round((timings.firstToken ?? timings.done) * NANOSECONDS_PER_MS),
      eval_count: usage.completionTokens,
      eval_duration: Math.round((timings.done - (timings.firstToken ?? timings.done)) * NANOSECONDS_PER_MS),
    });

    if (!ask.stream) return Response.json(await whole(job, request, channels, head, wrap, end));
    streaming = true;
    return await streamJob(
      exchange,
      job,
      lines(job, request, channels, head, wrap, end),
      (error) => errorBody(error, "plain"),
      (sent, onCancel) => ndjsonResponse(sent, { onCancel }),
    );
  } finally {
    if (!streaming) job.close();
  }
}

type Head = () => object;
type End = (done: DoneEvent) => object;

async function* lines(
  job: Job,
  request: GenerationRequest,
  channels: AnswerChannels,
  head: Head,
  wrap: Wrap,
  end: End,
): AsyncGenerator<object> {
  const parser = channels.createParser();
  for await (const event of job.generate(request)) {
    if (event.type === "prompt") continue;
    const deltas = parser.push(event.text);
    if (event.type === "done") deltas.push(...parser.flush());
    for (const delta of deltas) yield { ...head(), ...wrap(pieceOf(delta)), done: false };
    if (event.type === "done") yield { ...head(), ...wrap({ content: "" }), ...end(event) };
  }
}

async function whole(
  job: Job,
  request: GenerationRequest,
  channels: AnswerChannels,
  head: Head,
  wrap: Wrap,
  end: End,
): Promise<object> {
  const parser = channels.createParser();
  const deltas: ChannelDelta[] = [];
  let figures: object = {};
  for await (const event of job.generate(request)) {
    if (event.type === "prompt") continue;
    deltas.push(...parser.push(event.text));
    if (event.type === "done") figures = end(event);
  }
  deltas.push(...parser.flush());
  return { ...head(), ...wrap(pieceOf(joinDeltas(deltas))), ...figures };
}
