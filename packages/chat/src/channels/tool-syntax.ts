import { argumentsText, callFromJson, callsFromJson } from "./json-text.ts";
import type { CallSyntax, Part } from "./tool-call-stage.ts";
import type { FoundCall } from "./types.ts";

/** Longest name of a tool; OpenAI allows 64. */
const MAX_NAME = 256;
/** Longest block of calls that is read as a whole. */
const MAX_BLOCK = 1 << 20;

const json: Part = { kind: "json" };
const literal = (text: string): Part => ({ kind: "literal", text });
const name = (text: string): Part => ({ kind: "until", text, most: MAX_NAME });

function named(called: string, json: string): FoundCall[] | null {
  const args = argumentsText(json);
  return called.trim() === "" || args === null ? null : [{ name: called.trim(), arguments: args }];
}

/** Hermes, Qwen 2.5 and 3, SmolLM3: `<tool_call>{"name": ..., "arguments": ...}</tool_call>`. */
const hermes: CallSyntax = {
  open: ["<tool_call>"],
  layout: () => [json, literal("</tool_call>")],
  calls: ([text]) => callsFromJson(text!),
};

/** Llama 3.1 to 3.3: `{"name": ..., "parameters": ...}`, bare or after `<|python_tag|>`, several separated by `;`. */
const llama3: CallSyntax = {
  open: ["<|python_tag|>"],
  layout: (marker) => [
    marker === ""
      ? { kind: "json", firstKeys: ["name", "type", "function", "parameters", "arguments"] }
      : json,
  ],
  calls: ([text]) => {
    const call = callFromJson(text!, true);
    return call === null ? null : [call];
  },
  bare: true,
};

/** Mistral: `[TOOL_CALLS][{"name": ..., "arguments": ...}]`, since version 11 `[TOOL_CALLS]name[ARGS]{...}`. */
const mistral: CallSyntax = {
  open: ["[TOOL_CALLS]"],
  layout: (_, first) => (first === "[" || first === "{" ? [json] : [name("[ARGS]"), json]),
  calls: (captured) => {
    if (captured.length === 1) return callsFromJson(captured[0]!);
    const [called, id] = captured[0]!.split("[CALL_ID]") as [string, string?];
    const calls = named(called, captured[1]!);
    return calls === null || id === undefined ? calls : calls.map((call) => ({ ...call, id: id.trim() }));
  },
};

/** Functionary 3.1: `<function=name>{...}</function>`. */
const functionary: CallSyntax = {
  open: ["<function="],
  layout: () => [name(">"), json, literal("</function>")],
  calls: ([called, text]) => named(called!, text!),
};

/** Firefunction 2: `functools[{"name": ..., "arguments": ...}, ...]`. */
const firefunction: CallSyntax = {
  open: ["functools"],
  layout: () => [json],
  calls: ([text]) => callsFromJson(text!),
};

/** Command R7B: `<|START_ACTION|>[{"tool_call_id", "tool_name", "parameters"}]<|END_ACTION|>`. */
const commandR: CallSyntax = {
  open: ["<|START_ACTION|>"],
  layout: () => [json, literal("<|END_ACTION|>")],
  calls: ([text]) => callsFromJson(text!),
};

const DEEPSEEK = {
  callsEnd: "<｜tool▁calls▁end｜>",
  callBegin: "<｜tool▁call▁begin｜>",
  callEnd: "<｜tool▁call▁end｜>",
  separator: "<｜tool▁sep｜>",
  fence: "```json",
};

/** DeepSeek R1 and V3: `type<sep>name`, then the arguments in a fenced block; V3.1: `name<sep>{...}`. */
const deepseek: CallSyntax = {
  open: ["<｜tool▁calls▁begin｜>"],
  layout: () => [{ kind: "until", text: DEEPSEEK.callsEnd, most: MAX_BLOCK }],
  calls: ([block]) => {
    const texts = block!.split(DEEPSEEK.callEnd);
    if (texts.pop()!.trim() !== "") return null;
    const calls = texts.map(deepseekCall);
    return calls.length > 0 && calls.every((call) => call !== null) ? calls : null;
  },
};

function deepseekCall(text: string): FoundCall | null {
  const [head, body] = text.split(DEEPSEEK.separator) as [string, string?];
  const start = head.trimStart();
  if (body === undefined || !start.startsWith(DEEPSEEK.callBegin)) return null;
  const fence = body.indexOf(DEEPSEEK.fence);
  const fenced = body.slice(fence + DEEPSEEK.fence.length).trimEnd();
  const call =
    fence === -1
      ? named(start.slice(DEEPSEEK.callBegin.length), body.trim())
      : fenced.endsWith("```")
        ? named(body.slice(0, fence), fenced.slice(0, -3).trim())
        : null;
  return call?.[0] ?? null;
}

/** Granite 3 and Phi 4 mini: `<|tool_call|>[{"name": ..., "arguments": ...}]`, Phi with `<|/tool_call|>` after it. */
const tagged: CallSyntax = {
  open: ["<|tool_call|>", "functools"],
  layout: () => [json],
  calls: ([text]) => callsFromJson(text!),
};

/**
 * Qwen 3 Coder: `<tool_call><function=name><parameter=key>value</parameter>...</function></tool_call>`, a line end on
 * both sides of a value.
 */
const qwen3Coder: CallSyntax = {
  open: ["<tool_call>", "<function="],
  layout: (marker) => [
    ...(marker === "<tool_call>" ? [literal("<function=")] : []),
    name(">"),
    { kind: "until", text: "</function>", most: MAX_BLOCK },
    ...(marker === "<tool_call>" ? [literal("</tool_call>")] : []),
  ],
  calls: ([called, body], _, tools) => {
    const name = called!.trim();
    if (name === "" || body!.replace(PARAMETER, "").trim() !== "") return null;
    const properties = tools.find((tool) => tool.function.name === name)?.function.parameters?.properties;
    const values = [...body!.matchAll(PARAMETER)].map(([, key, value]) => {
      const text = value!.replace(/^\n|\n$/g, "");
      return `${JSON.stringify(key!.trim())}: ${valueText(text, typeOf(properties, key!.trim()))}`;
    });
    return [{ name, arguments: `{${values.join(", ")}}` }];
  },
};

const PARAMETER = /<parameter=([^>]{1,256})>([\s\S]*?)<\/parameter>/g;

/** The `type` of a JSON schema's property. */
function typeOf(properties: unknown, key: string): unknown {
  if (typeof properties !== "object" || properties === null || !Object.hasOwn(properties, key))
    return undefined;
  return (properties as Record<string, { type?: unknown } | undefined>)[key]?.type;
}

/** A value as JSON text: what is JSON as it stands, unless the tool takes a string; anything else as a string. */
function valueText(text: string, type: unknown): string {
  if (type !== "string") {
    try {
      JSON.parse(text);
      return text.trim();
    } catch {}
  }
  return JSON.stringify(text);
}

/** By the name of the dialect's way with tools. */
export const TOOL_SYNTAX = {
  hermes,
  llama3,
  mistral,
  functionary,
  firefunction,
  commandR,
  deepseek,
  tagged,
  qwen3Coder,
} as const satisfies Record<string, CallSyntax>;

export type ToolSyntaxName = keyof typeof TOOL_SYNTAX;
