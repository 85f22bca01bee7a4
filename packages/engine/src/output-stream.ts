import type { StreamDecoder } from "@realizar/tokenizers";
import type { TokenEvent } from "./events.ts";
import { createStopMatcher } from "./stop-matcher.ts";

/** A token on its way out, without its text. */
export type SampledToken = Pick<TokenEvent, "id" | "logprob" | "topLogprobs">;

/**
 * Ids to bytes to text to stop strings to events.
 *
 * An event leaves with its token, except where its text is still uncertain: then it waits for the next token, or the
 * end, so that what was held back has an event to leave with.
 * Law: the joined text is the decoded ids, cut at the first stop string.
 */
export interface OutputStream {
  /** Returns whether a stop string is complete: the text has ended and later tokens are not to come. */
  push(token: SampledToken): boolean;
  /** Lets go of what is held back. Returns text that no event was left to carry: an incomplete character's U+FFFD. */
  end(): string;
}

/** @param emit takes the events */
export function createOutputStream(
  decoder: StreamDecoder,
  stops: readonly string[],
  emit: (event: TokenEvent) => void,
): OutputStream {
  const matcher = createStopMatcher(stops);
  let waiting: TokenEvent | null = null;

  function letGo(): void {
    if (waiting !== null) emit(waiting);
    waiting = null;
  }

  return {
    push(token) {
      letGo();
      const text = matcher.push(decoder.push(token.id));
      const event: TokenEvent = { type: "token", ...token, text };
      if (!matcher.stopped && (text === "" || matcher.holding)) waiting = event;
      else emit(event);
      return matcher.stopped;
    },
    end() {
      const rest = matcher.push(decoder.flush()) + matcher.flush();
      if (waiting === null) return rest;
      waiting = { ...waiting, text: waiting.text + rest };
      letGo();
      return "";
    },
  };
}
