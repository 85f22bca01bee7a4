import type { ToolDefinition } from "../messages.ts";
import type { Dialect } from "./dialect.ts";
import { newDropMarks } from "./drop-marks.ts";
import { newHarmonyStage } from "./harmony.ts";
import { newRecipientStage } from "./recipients.ts";
import { newThinkStage } from "./think.ts";
import { newToolCallStage } from "./tool-call-stage.ts";
import { TOOL_SYNTAX } from "./tool-syntax.ts";
import type { ChannelDelta, ChannelParser, Sink, Stage } from "./types.ts";

export interface ChannelParserOptions {
  /**
   * Look for tool calls; false where the request brought no tools. True by default. The tools themselves tell which
   * arguments are strings where the model's way of writing them does not.
   */
  tools?: boolean | readonly ToolDefinition[];
  /** Id of a call for which the model wrote none; nine random letters and digits by default. */
  newId?: (index: number) => string;
}

/** Units of text taken at a time, so that a long push costs no more than many short ones. */
const SLICE = 256;

/** A parser for one answer in `dialect`. */
export function createChannelParser(dialect: Dialect, options: ChannelParserOptions = {}): ChannelParser {
  const newId = options.newId ?? randomId;
  let deltas: ChannelDelta[] = [];
  let calls = 0;
  const sink: Sink = {
    content: (text) => deltas.push({ content: text }),
    reasoning: (text) => deltas.push({ reasoning_content: text }),
    call: ({ id, name, arguments: args }) => {
      const index = calls++;
      const call = {
        index,
        id: id ?? newId(index),
        type: "function" as const,
        function: { name, arguments: args },
      };
      deltas.push({ tool_calls: [call] });
    },
  };
  const stage = stages(dialect, options.tools ?? true, sink);
  const take = (): ChannelDelta[] => {
    const out = merged(deltas);
    deltas = [];
    return out;
  };
  return {
    push(text) {
      for (let start = 0; start < text.length; ) {
        let end = Math.min(text.length, start + SLICE);
        if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end++;
        stage.push(text.slice(start, end));
        start = end;
      }
      return take();
    },
    flush() {
      stage.flush();
      return take();
    },
  };
}

function stages(dialect: Dialect, tools: boolean | readonly ToolDefinition[], sink: Sink): Stage {
  if (dialect.harmony) return newHarmonyStage(sink);
  if (dialect.tools === "functionary32") return newRecipientStage(dialect.recipientOpened, sink);
  let inner: Stage = { push: (text) => sink.content(text), flush: () => {} };
  if (dialect.tools !== null && tools !== false) {
    inner = newToolCallStage(TOOL_SYNTAX[dialect.tools], sink, tools === true ? [] : tools);
  }
  if (dialect.around.length > 0) inner = newDropMarks(dialect.around, inner);
  if (dialect.think === null) return inner;
  const outer = newThinkStage(dialect.think, dialect.thinkOpened, {
    ...sink,
    content: (text) => inner.push(text),
  });
  return {
    push: outer.push,
    flush() {
      outer.flush();
      inner.flush();
    },
  };
}

/** Neighbouring deltas of one text channel as one; empty ones left out. */
function merged(deltas: readonly ChannelDelta[]): ChannelDelta[] {
  const out: ChannelDelta[] = [];
  for (const delta of deltas) {
    const last = out.at(-1);
    if (delta.content === "" || delta.reasoning_content === "") continue;
    if (delta.content !== undefined && last?.content !== undefined) last.content += delta.content;
    else if (delta.reasoning_content !== undefined && last?.reasoning_content !== undefined) {
      last.reasoning_content += delta.reasoning_content;
    } else out.push({ ...delta });
  }
  return out;
}

/** Mistral's templates take ids of exactly nine letters and digits; everyone else takes any. */
function randomId(): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return Array.from(bytes, (byte) => letters[byte % letters.length]!).join("");
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** What a whole answer holds. */
export interface ParsedAnswer {
  content: string;
  reasoning_content: string;
  tool_calls: NonNullable<ChannelDelta["tool_calls"]>;
}

/** Splits a whole answer at once. */
export function parseAnswer(
  dialect: Dialect,
  text: string,
  options: ChannelParserOptions = {},
): ParsedAnswer {
  const parser = createChannelParser(dialect, options);
  return joinDeltas([...parser.push(text), ...parser.flush()]);
}

export function joinDeltas(deltas: readonly ChannelDelta[]): ParsedAnswer {
  return {
    content: deltas.map((delta) => delta.content ?? "").join(""),
    reasoning_content: deltas.map((delta) => delta.reasoning_content ?? "").join(""),
    tool_calls: deltas.flatMap((delta) => delta.tool_calls ?? []),
  };
}
