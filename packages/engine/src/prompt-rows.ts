import { logSumExp, requireFinite, type TokenLogprob, topLogprobs } from "@realizar/sampling";
import type { EventSink } from "./events.ts";

/**
 * Takes the logits of a prompt's positions, each once, in order.
 * @param logits raw, [vocabSize]; valid during the call
 * @throws NonFiniteLogitsError
 */
export type PromptRowSink = (position: number, logits: Float32Array) => void;

/** Prompt events: the first token's at once, each later one's from the logits of the position before it. */
export function echoPrompt(ids: Int32Array, wanted: number | undefined, sink: EventSink): PromptRowSink {
  return (position, logits) => {
    requireFinite(logits, position);
    if (position === 0) sink({ type: "prompt", position, id: ids[0]!, logprob: null });
    const next = position + 1;
    if (next >= ids.length) return;
    const total = logSumExp(logits);
    const id = ids[next]!;
    const event = { type: "prompt", position: next, id, logprob: logits[id]! - total } as const;
    sink(wanted === undefined ? event : { ...event, topLogprobs: topLogprobs(logits, wanted, total) });
  };
}

/** Appends each position's `wanted` likeliest next tokens to `rows`. */
export function collectTopLogprobs(rows: TokenLogprob[][], wanted: number): PromptRowSink {
  return (position, logits) => {
    requireFinite(logits, position);
    rows.push(topLogprobs(logits, wanted));
  };
}
