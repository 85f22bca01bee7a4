/** A part of a message's content, as in OpenAI's chat API. */
export interface ContentPart {
  type: string;
  text?: string;
  [field: string]: unknown;
}

/** `arguments` is JSON text, as OpenAI sends it; templates that print it with `tojson` need the parsed object. */
export interface ToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string | Record<string, unknown> };
}

/** A message, as in OpenAI's chat API. */
export interface ChatMessage {
  role: string;
  content?: string | ContentPart[] | null;
  name?: string;
  tool_calls?: ToolCall[] | null;
  tool_call_id?: string;
  reasoning_content?: string | null;
}

/** A tool, as in OpenAI's chat API. */
export interface ToolDefinition {
  type: "function";
  function: {
    name: string;
    description?: string;
    parameters?: Record<string, unknown>;
    strict?: boolean | null;
  };
}
