/** A complete call of a tool; `arguments` is JSON text as the model wrote it. */
export interface GeneratedToolCall {
  /** Position among the calls of this answer. */
  index: number;
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/** A piece of an answer: text of one channel, or one whole tool call. */
export interface ChannelDelta {
  content?: string;
  reasoning_content?: string;
  tool_calls?: GeneratedToolCall[];
}

/** Splits generated text while it streams. Joined deltas do not depend on how the text was cut into pushes. */
export interface ChannelParser {
  /** Takes the next piece; gives what can no longer change. */
  push(text: string): ChannelDelta[];
  /** At the end of the answer: the rest. */
  flush(): ChannelDelta[];
}

/** A call before it gets its index and id; `id` where the model wrote one. */
export interface FoundCall {
  name: string;
  arguments: string;
  id?: string;
}

/** Where a stage sends what it has split. */
export interface Sink {
  content(text: string): void;
  reasoning(text: string): void;
  call(call: FoundCall): void;
}

/** One stage of splitting: text in, `Sink` out. */
export interface Stage {
  push(text: string): void;
  flush(): void;
}
