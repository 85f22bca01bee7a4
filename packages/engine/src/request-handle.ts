import { createEventQueue } from "./event-queue.ts";
import type { DoneEvent, EventSink, GenerationEvent, PromptEvent, TokenEvent } from "./events.ts";

/** A running request: its events, once, in order, the last being "done". Leaving the loop early cancels it. */
export interface RequestHandle extends AsyncIterable<GenerationEvent> {
  /** Ends the request with finish reason "cancelled" and frees its pages. Does nothing once it is done. */
  cancel(): void;
}

/** Makes a handle of a function that starts the request and returns how to cancel it. */
export function createRequestHandle(start: (sink: EventSink) => () => void): RequestHandle {
  const queue = createEventQueue<GenerationEvent>(() => cancel());
  const cancel = start((event) => {
    queue.push(event);
    if (event.type === "done") queue.close();
  });
  return { [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator](), cancel };
}

/** All of a finished request. */
export interface Generation {
  readonly text: string;
  readonly tokens: readonly TokenEvent[];
  readonly prompt: readonly PromptEvent[];
  readonly done: DoneEvent;
}

/**
 * Waits for the end of a request.
 * @throws the request's error
 */
export async function collect(handle: AsyncIterable<GenerationEvent>): Promise<Generation> {
  const tokens: TokenEvent[] = [];
  const prompt: PromptEvent[] = [];
  let text = "";
  for await (const event of handle) {
    if (event.type === "prompt") {
      prompt.push(event);
      continue;
    }
    text += event.text;
    if (event.type === "token") tokens.push(event);
    else if (event.error !== undefined) throw event.error;
    else return { text, tokens, prompt, done: event };
  }
  throw new Error("a request's events end with done");
}
