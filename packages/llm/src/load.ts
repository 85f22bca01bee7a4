import type { ChannelDelta, ChatMessage } from "@realizar/chat";
import { createEngine, type Engine, type GenerationEvent } from "@realizar/engine";
import type { CheckpointInput } from "@realizar/formats";
import type { ModelDescription, Pooling } from "@realizar/model";
import { freshSeed, type SamplingParams } from "@realizar/sampling";
import type { KvType } from "@realizar/tensor";
import type { Tokenizer } from "@realizar/tokenizers";
import { type ChatFormat, chatFormat } from "./chat-format.ts";
import { checkKvType } from "./check-options.ts";
import { ClosedError, InvalidArgumentError, NoChatTemplateError } from "./errors.ts";
import { type OpenModel, type OpenOptions, openModel } from "./open-model.ts";

export interface GenerateOptions {
  /** Most tokens to make; 256 by default. The context's end ends it too. */
  readonly maxTokens?: number;
  /** 0 is greedy; 0.8 by default. */
  readonly temperature?: number;
  /** The k likeliest; 0 is off; 40 by default. */
  readonly topK?: number;
  /** The likeliest whose probabilities reach p; 1 is off; 0.95 by default. */
  readonly topP?: number;
  /** Those at least p times as likely as the likeliest; 0 is off; 0.05 by default. */
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  /** Tokens that penalties look back on; 64 by default. */
  readonly repeatLastN?: number;
  /** Added to the logits of these ids. */
  readonly logitBias?: ReadonlyMap<number, number> | Readonly<Record<number, number>>;
  /** Same seed, same tokens; a fresh one by default, told by `onSeed`. */
  readonly seed?: number;
  readonly onSeed?: (seed: number) => void;
  /** Texts that end the generation and are not part of it. */
  readonly stop?: string | readonly string[];
  /** Go on after an end-of-generation token. */
  readonly ignoreEos?: boolean;
  readonly signal?: AbortSignal;
  /** Hears of the end: reason, counts, times. */
  readonly onDone?: (done: Extract<GenerationEvent, { type: "done" }>) => void;
}

/** A generated token. `text` may be empty while a character or a stop string is incomplete. */
export interface GeneratedToken {
  readonly text: string;
  /** -1 for a last piece of text that belongs to no token of its own. */
  readonly tokenId: number;
  /** Natural, before temperature. */
  readonly logprob: number;
}

/** A piece of an answer: of what the model says, or of what it thinks before. */
export interface AnswerPiece {
  readonly channel: "content" | "reasoning";
  readonly text: string;
}

export interface EvaluateOptions {
  /** Tokens told per position, to the vocabulary's size; 8 by default. */
  readonly topLogprobs?: number;
  /** KV type of this evaluation, where not that of the loaded model: the weights are then loaded once more. */
  readonly kvType?: KvType;
}

export interface EmbedOptions {
  /** How one vector is made of the hidden states; by default as the model's file says, else their mean. */
  readonly pooling?: Pooling;
  /** Scale the vector to length 1; true by default. */
  readonly normalize?: boolean;
  readonly signal?: AbortSignal;
}

/** A loaded model. */
export interface Llm extends AsyncDisposable {
  readonly tokenizer: Tokenizer;
  readonly description: ModelDescription;
  readonly chatTemplate: string | undefined;
  readonly contextSize: number;
  readonly threads: number;
  readonly kvType: KvType;
  readonly engine: Engine;
  /** A string gets BOS where the model wants it; ids are taken as they are. */
  generate(prompt: string | readonly number[], options?: GenerateOptions): AsyncIterable<GeneratedToken>;
  /**
   * Answers the last message of a conversation, by the model's own chat template.
   * @throws NoChatTemplateError, and ChatError where the template cannot render the conversation
   */
  chat(messages: readonly ChatMessage[], options?: GenerateOptions): AsyncIterable<AnswerPiece>;
  /** Entry i: the likeliest tokens after token i as [id, natural log-probability], descending. Ids are taken as they are. */
  evaluate(ids: readonly number[], options?: EvaluateOptions): Promise<[number, number][][]>;
  /**
   * One vector of a text: its final hidden states, pooled. [description.embeddingLength] A string gets what the
   * vocabulary puts around a text, such as [CLS] and [SEP]; ids are taken as they are.
   */
  embed(text: string | readonly number[], options?: EmbedOptions): Promise<Float32Array>;
  close(): Promise<void>;
}

/** llama.cpp's defaults (common/common.h, common_params_sampling). */
const DEFAULTS = {
  temperature: 0.8,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repeatLastN: 64,
} as const;

/** Fills in defaults; the seed is given. */
export function samplingParams(options: GenerateOptions, seed: number): SamplingParams {
  const bias = options.logitBias ?? {};
  const logitBias =
    bias instanceof Map
      ? bias
      : new Map(Object.entries(bias).map(([id, value]) => [Number(id), value as number]));
  const given = Object.fromEntries(
    Object.keys(DEFAULTS).map((key) => [
      key,
      options[key as keyof typeof DEFAULTS] ?? DEFAULTS[key as keyof typeof DEFAULTS],
    ]),
  );
  return { ...DEFAULTS, ...given, logitBias, seed };
}

function* piecesOf(deltas: readonly ChannelDelta[]): Generator<AnswerPiece> {
  for (const { content, reasoning_content } of deltas) {
    if (reasoning_content !== undefined) yield { channel: "reasoning", text: reasoning_content };
    if (content !== undefined) yield { channel: "content", text: content };
  }
}

/** Loads a model: a GGUF file, a safetensors file or a Hugging Face folder. */
export async function load(input: string | CheckpointInput, options: OpenOptions = {}): Promise<Llm> {
  const model = await openModel(input, options);
  const engine = createEngine(model.runner, model.tokenizer, model.engineOptions);
  const others = new Map<KvType, Promise<{ model: OpenModel; engine: Engine }>>();

  let closed = false;

  const engineOf = async (kvType: KvType): Promise<Engine> => {
    if (closed) throw new ClosedError();
    if (kvType === model.kvType) return engine;
    checkKvType(kvType);
    let other = others.get(kvType);
    if (other === undefined) {
      other = openModel(input, { ...options, kvType, signal: undefined, onProgress: undefined }).then(
        (opened) => ({
          model: opened,
          engine: createEngine(opened.runner, opened.tokenizer, opened.engineOptions),
        }),
      );
      others.set(kvType, other);
      other.catch(() => others.delete(kvType));
    }
    return (await other).engine;
  };

  async function* generate(
    prompt: string | readonly number[],
    given: GenerateOptions = {},
  ): AsyncGenerator<GeneratedToken> {
    given.signal?.throwIfAborted();
    if (closed) throw new ClosedError();
    const promptIds = idsOf("prompt", prompt);
    const seed = given.seed ?? freshSeed();
    given.onSeed?.(seed);
    const handle = engine.submit({
      promptIds,
      continuation: Array.prototype.some.call(promptIds, (id) => !model.tokenizer.isSpecial(id)),
      maxTokens: given.maxTokens ?? 256,
      sampling: samplingParams(given, seed),
      stop: given.stop === undefined ? [] : typeof given.stop === "string" ? [given.stop] : given.stop,
      ignoreEos: given.ignoreEos ?? false,
    });
    const cancel = () => handle.cancel();
    given.signal?.addEventListener("abort", cancel, { once: true });
    try {
      for await (const event of handle) {
        given.signal?.throwIfAborted();
        if (event.type === "token")
          yield { text: event.text, tokenId: event.id, logprob: event.logprob ?? Number.NaN };
        if (event.type !== "done") continue;
        if (event.text !== "") yield { text: event.text, tokenId: -1, logprob: 0 };
        given.onDone?.(event);
        if (event.error !== undefined) throw event.error;
        if (event.finishReason === "cancelled" && closed) throw new ClosedError();
      }
    } finally {
      given.signal?.removeEventListener("abort", cancel);
      cancel();
    }
  }

  async function embed(text: string | readonly number[], given: EmbedOptions = {}): Promise<Float32Array> {
    given.signal?.throwIfAborted();
    if (closed) throw new ClosedError();
    const ids = idsOf("text", text);
    try {
      return await engine.embed(ids, given);
    } catch (error) {
      given.signal?.throwIfAborted();
      throw closed ? new ClosedError() : error;
    }
  }

  /** A string's ids; a list of ids as it is. */
  function idsOf(argument: string, text: string | readonly number[]): readonly number[] {
    const ids = typeof text === "string" ? model.tokenizer.encode(text) : text;
    if (typeof ids?.length !== "number") {
      throw new InvalidArgumentError(argument, text, "a string or a list of token ids");
    }
    return ids;
  }

  let format: ChatFormat | undefined;

  async function* chat(
    messages: readonly ChatMessage[],
    options?: GenerateOptions,
  ): AsyncGenerator<AnswerPiece> {
    if (model.chatTemplate === undefined) throw new NoChatTemplateError();
    format ??= chatFormat(model.tokenizer, model.chatTemplate);
    const prompt = format.prompt(messages);
    const parser = format.answerParser(prompt);
    for await (const { text } of generate(prompt.ids, options)) yield* piecesOf(parser.push(text));
    yield* piecesOf(parser.flush());
  }

  const close = async () => {
    closed = true;
    await engine.close();
    model.close();
    for (const other of others.values()) {
      const opened = await other.catch(() => undefined);
      await opened?.engine.close();
      opened?.model.close();
    }
  };

  return {
    tokenizer: model.tokenizer,
    description: model.description,
    chatTemplate: model.chatTemplate,
    contextSize: engine.info.contextSize,
    threads: model.threads,
    kvType: model.kvType,
    engine,
    generate,
    chat,
    async evaluate(ids, { topLogprobs = 8, kvType = model.kvType } = {}) {
      const rows = await (await engineOf(kvType)).evaluate(ids, { topLogprobs });
      return rows;
    },
    embed,
    close,
    [Symbol.asyncDispose]: close,
  };
}
