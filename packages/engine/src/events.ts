import type { TokenLogprob } from "@realizar/sampling";

/** A generated token. The joined `text` of all events is the generated text. */
export interface TokenEvent {
  readonly type: "token";
  readonly id: number;
  /** Text that became certain with this token; often empty. */
  readonly text: string;
  /** Natural log-probability from the raw logits; null where the request asked for none. */
  readonly logprob: number | null;
  /** The likeliest tokens, descending, where asked for. */
  readonly topLogprobs?: readonly TokenLogprob[];
}

/** A prompt token, for requests with `echoLogprobs`. */
export interface PromptEvent {
  readonly type: "prompt";
  readonly position: number;
  readonly id: number;
  /** Given the tokens before it; null for the first. */
  readonly logprob: number | null;
  readonly topLogprobs?: readonly TokenLogprob[];
}

export type FinishReason = "stop" | "length" | "cancelled" | "error";

export interface Usage {
  readonly promptTokens: number;
  /** Token events; a stop token is not among them. */
  readonly completionTokens: number;
  /** Prompt tokens taken from the prefix cache. */
  readonly cachedTokens: number;
}

/** Milliseconds since the request was submitted; null for what never happened. */
export interface Timings {
  readonly started: number | null;
  readonly firstToken: number | null;
  readonly done: number;
}

/** The last event of every request. */
export interface DoneEvent {
  readonly type: "done";
  readonly finishReason: FinishReason;
  /** Where the reason is "error". */
  readonly error?: Error;
  /** Where a token ended it: that token's id. It is not part of the text. */
  readonly stopToken?: number;
  /** Text that no token event could carry: the U+FFFD of a character left incomplete at the end; nearly always empty. */
  readonly text: string;
  readonly usage: Usage;
  readonly timings: Timings;
}

export type GenerationEvent = PromptEvent | TokenEvent | DoneEvent;

/** Takes the events of one request as they come. It may not throw: the engine would take that for a defect of its own. */
export type EventSink = (event: GenerationEvent) => void;

/** The end of a request of which no more is known: it was never taken, or its worker is gone. */
export function failedAtOnce(promptTokens: number, error: Error): DoneEvent {
  return {
    type: "done",
    finishReason: "error",
    error,
    text: "",
    usage: { promptTokens, completionTokens: 0, cachedTokens: 0 },
    timings: { started: null, firstToken: null, done: 0 },
  };
}
