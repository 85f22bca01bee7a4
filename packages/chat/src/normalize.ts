import type { TemplateCapabilities } from "./capabilities.ts";
import type { ChatMessage, ContentPart, ToolCall } from "./messages.ts";

/**
 * Messages in the shapes a template handles: text parts joined into a string where it does not take lists (and strings
 * made parts where it takes nothing else), arguments of tool calls parsed where it prints them itself, a system
 * message put in front of the next user message where it refuses the role. The input is not changed.
 */
export function normalizeMessages(
  messages: readonly ChatMessage[],
  capabilities: TemplateCapabilities,
): ChatMessage[] {
  const shaped = messages.map((message) => {
    const out: ChatMessage = { ...message };
    if (message.content !== undefined) out.content = shapeContent(message.content, capabilities);
    if (message.tool_calls) out.tool_calls = message.tool_calls.map((call) => shapeCall(call, capabilities));
    else delete out.tool_calls;
    return out;
  });
  return capabilities.systemRole ? shaped : foldSystem(shaped);
}

function isText(part: ContentPart): part is ContentPart & { text: string } {
  return part.type === "text" && typeof part.text === "string";
}

function shapeContent(
  content: ChatMessage["content"],
  { partsContent, stringContent }: TemplateCapabilities,
): ChatMessage["content"] {
  if (Array.isArray(content) && !partsContent && content.every(isText)) {
    return content.map((part) => part.text).join("");
  }
  if (typeof content === "string" && partsContent && !stringContent) return [{ type: "text", text: content }];
  return content;
}

function shapeCall(call: ToolCall, { stringArguments, objectArguments }: TemplateCapabilities): ToolCall {
  const given = call.function.arguments;
  if (typeof given === "string" && objectArguments && !stringArguments) {
    const parsed = parseObject(given);
    return parsed === null ? call : { ...call, function: { ...call.function, arguments: parsed } };
  }
  if (typeof given !== "string" && stringArguments && !objectArguments) {
    return { ...call, function: { ...call.function, arguments: JSON.stringify(given) } };
  }
  return call;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** System texts go in front of the next user message, after a blank line each; without one they become a user message. */
function foldSystem(messages: readonly ChatMessage[]): ChatMessage[] {
  const out: ChatMessage[] = [];
  let held: ChatMessage["content"][] = [];
  for (const message of messages) {
    if (message.role === "system") held.push(message.content);
    else if (message.role === "user" && held.length > 0) {
      out.push({ ...message, content: [...held, message.content].reduce(joinContent) });
      held = [];
    } else out.push(message);
  }
  return held.length === 0 ? out : [...out, { role: "user", content: held.reduce(joinContent) }];
}

function joinContent(a: ChatMessage["content"], b: ChatMessage["content"]): ChatMessage["content"] {
  if (typeof a === "string" && typeof b === "string") return `${a}\n\n${b}`;
  const parts = (content: ChatMessage["content"]): ContentPart[] =>
    Array.isArray(content) ? content : typeof content === "string" ? [{ type: "text", text: content }] : [];
  return [...parts(a), { type: "text", text: "\n\n" }, ...parts(b)];
}
