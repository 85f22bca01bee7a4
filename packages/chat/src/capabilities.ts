import { ChatError } from "./errors.ts";
import type { ChatMessage } from "./messages.ts";
import type { ChatTemplate, RenderInput } from "./template.ts";

/** What shapes of messages a template renders faithfully, found by rendering small conversations. */
export interface TemplateCapabilities {
  /** `content` as a string. */
  stringContent: boolean;
  /** `content` as a list of parts. */
  partsContent: boolean;
  /** Messages of role "system"; taken for granted where even a user message alone cannot be rendered. */
  systemRole: boolean;
  /** `tool_calls[].function.arguments` as JSON text, and as an object. */
  stringArguments: boolean;
  objectArguments: boolean;
}

const NEEDLE = "zqj-needle-81";
const NOW = new Date(Date.UTC(2024, 0, 1));

/** Probes a template, which is given `input` besides the messages. Costs about seven renderings; keep the result beside the template. */
export function templateCapabilities(
  template: ChatTemplate,
  input: Pick<RenderInput, "bosToken" | "eosToken" | "extra"> = {},
): TemplateCapabilities {
  const attempt = (messages: ChatMessage[]): string => {
    try {
      return template.render({ messages, bosToken: "<s>", eosToken: "</s>", ...input, now: NOW });
    } catch (error) {
      if (error instanceof ChatError) return "";
      throw error;
    }
  };
  const parts = [{ type: "text", text: NEEDLE }];
  const withParts = attempt([{ role: "user", content: parts }]);
  const printed = [`'text': '${NEEDLE}'`, `"text": "${NEEDLE}"`, `"text":"${NEEDLE}"`];
  const partsContent = withParts.includes(NEEDLE) && !printed.some((text) => withParts.includes(text));
  const stringContent = attempt([{ role: "user", content: NEEDLE }]).includes(NEEDLE);
  const content = stringContent || !partsContent ? "hello" : [{ type: "text", text: "hello" }];
  const needle = partsContent && !stringContent ? parts : NEEDLE;
  const system = attempt([
    { role: "system", content: needle },
    { role: "user", content },
  ]);
  const calls = (args: string | Record<string, unknown>): string => {
    const call = { id: "call12345", type: "function" as const, function: { name: "probe", arguments: args } };
    const ask: ChatMessage = { role: "user", content };
    const end: ChatMessage[] = [{ role: "tool", name: "probe", tool_call_id: "call12345", content }];
    const assistant: ChatMessage = { role: "assistant", content: "", tool_calls: [call] };
    return [
      [ask, assistant, ...end],
      [ask, { ...assistant, content: null }, ...end],
    ]
      .map(attempt)
      .join("\n");
  };
  const shows = (text: string) => text.includes(`"${NEEDLE}": `) || text.includes(`"${NEEDLE}":`);
  return {
    stringContent,
    partsContent,
    systemRole: system.includes(NEEDLE) || (!stringContent && !partsContent),
    stringArguments: shows(calls(JSON.stringify({ [NEEDLE]: "x" }))),
    objectArguments: shows(calls({ [NEEDLE]: "x" })),
  };
}
