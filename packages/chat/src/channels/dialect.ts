import { RECIPIENT_MARK } from "./recipients.ts";
import type { ThinkTags } from "./think.ts";
import { opensThinking } from "./think.ts";
import { TOOL_SYNTAX, type ToolSyntaxName } from "./tool-syntax.ts";

/** How a model marks reasoning and tool calls in its answers. */
export interface Dialect {
  /** gpt-oss's channels; `think` and `tools` are null then. */
  harmony: boolean;
  think: ThinkTags | null;
  /** The prompt has opened the reasoning already. */
  thinkOpened: boolean;
  tools: ToolDialect | null;
  /** Marks around the content that are left out of it. */
  around: readonly string[];
  /** The prompt ends with the mark that begins a recipient (Functionary 3.2). */
  recipientOpened: boolean;
}

/** Ways to write tool calls: those of the table, and Functionary 3.2's recipients. */
export type ToolDialect = ToolSyntaxName | "functionary32";

/** No reasoning and no tool calls: everything is content. */
export const PLAIN_DIALECT: Dialect = {
  harmony: false,
  think: null,
  thinkOpened: false,
  tools: null,
  around: [],
  recipientOpened: false,
};

/** What a template mentions, the most telling first. */
const TOOL_SIGNS: readonly (readonly [ToolDialect, RegExp])[] = [
  ["deepseek", /<｜tool▁calls▁begin｜>/],
  ["commandR", /<\|START_ACTION\|>/],
  ["mistral", /\[TOOL_CALLS\]/],
  ["qwen3Coder", /<parameter=/],
  ["functionary", /<function=/],
  ["functionary32", />>>(all|'|")/],
  ["firefunction", /functools\[/],
  ["hermes", /<tool_call>/],
  ["tagged", /<\|tool_call\|>|<\|tool\|>/],
  ["llama3", /<\|python_tag\|>|<\|start_header_id\|>[\s\S]*"parameters": /],
];

const THINK_SIGNS: readonly ThinkTags[] = [
  { open: "<think>", close: "</think>" },
  { open: "[THINK]", close: "[/THINK]" },
  { open: "<|START_THINKING|>", close: "<|END_THINKING|>" },
];

/** Pairs of marks around content: Command R's and Granite 3's. */
const AROUND: readonly (readonly string[])[] = [
  ["<|START_RESPONSE|>", "<|END_RESPONSE|>"],
  ["<response>", "</response>"],
];

/**
 * The dialect of a model by what its chat template mentions. `rendered` is the prompt of this answer: whether it ends
 * inside an opened reasoning is read from it.
 */
export function detectDialect(templateSource: string, rendered = ""): Dialect {
  if (templateSource.includes("<|channel|>") && templateSource.includes("<|message|>")) {
    return { ...PLAIN_DIALECT, harmony: true };
  }
  const tags = THINK_SIGNS.find(({ close }) => templateSource.includes(close)) ?? null;
  const tools = TOOL_SIGNS.find(([, sign]) => sign.test(templateSource))?.[0] ?? null;
  return {
    harmony: false,
    think: tags,
    thinkOpened: tags !== null && opensThinking(rendered, tags),
    tools,
    around: [
      ...(AROUND.find((marks) => marks.every((mark) => templateSource.includes(mark))) ?? []),
      ...(tools === "tagged" ? ["<|/tool_call|>"] : []),
    ],
    recipientOpened: tools === "functionary32" && rendered.endsWith(RECIPIENT_MARK),
  };
}

/**
 * The marks a dialect is recognized by. Where one is a special token of the model, the decoder must print it rather
 * than skip it.
 */
export function dialectMarkers(dialect: Dialect): string[] {
  if (dialect.harmony) {
    return ["<|start|>", "<|channel|>", "<|message|>", "<|constrain|>", "<|end|>", "<|return|>", "<|call|>"];
  }
  const think = dialect.think === null ? [] : [dialect.think.open, dialect.think.close];
  return [...think, ...dialect.around, ...(dialect.tools === null ? [] : MARKERS[dialect.tools])];
}

const MARKERS: Record<ToolDialect, readonly string[]> = {
  hermes: ["<tool_call>", "</tool_call>"],
  llama3: TOOL_SYNTAX.llama3.open,
  mistral: ["[TOOL_CALLS]", "[ARGS]", "[CALL_ID]"],
  functionary: [],
  functionary32: [],
  firefunction: [],
  qwen3Coder: ["<tool_call>", "</tool_call>"],
  tagged: ["<|tool_call|>"],
  commandR: ["<|START_ACTION|>", "<|END_ACTION|>"],
  deepseek: [
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁call▁begin｜>",
    "<｜tool▁sep｜>",
    "<｜tool▁call▁end｜>",
    "<｜tool▁calls▁end｜>",
  ],
};
