import type { ToolDefinition } from "../messages.ts";
import { type JsonScan, newJsonScan } from "./json-text.ts";
import { newMarkerScan } from "./marker-scan.ts";
import { newTrimmer } from "./trim.ts";
import type { FoundCall, Sink, Stage } from "./types.ts";

/** One element of a call's layout after its opening marker. White space before any of them is skipped. */
export type Part =
  /** Exactly this text; may be missing where the answer ends. */
  | { kind: "literal"; text: string }
  /** Everything up to this text, at most `most` characters. */
  | { kind: "until"; text: string; most: number }
  /** One JSON object or array. */
  | { kind: "json"; firstKeys?: readonly string[] };

/** How a family of models writes tool calls. */
export interface CallSyntax {
  /** Markers that begin a call. */
  open: readonly string[];
  /** The layout after `marker` ("" for a bare call), known from the first character that is not white space. */
  layout(marker: string, first: string): readonly Part[];
  /** The calls in the captured texts, one for each "until" and "json" part; null where they are none. */
  calls(captured: readonly string[], marker: string, tools: readonly ToolDefinition[]): FoundCall[] | null;
  /** A call may stand without a marker where a text begins, or after another call. */
  bare?: boolean;
}

type Status = "more" | "done" | "bad";

interface Reader {
  step(char: string): Status;
  /** Whether the answer may end here. */
  complete(): boolean;
  captured: string[];
}

function newReader(syntax: CallSyntax, marker: string): Reader {
  let parts: readonly Part[] | null = null;
  let index = 0;
  let done = 0;
  let text = "";
  /** The last characters of `text`, as many as the text that ends an "until" part. */
  let tail = "";
  let json: JsonScan | null = null;
  const captured: string[] = [];

  const advance = (capture: string | null): Status => {
    if (capture !== null) captured.push(capture);
    text = "";
    tail = "";
    done = 0;
    json = null;
    index++;
    return index === parts!.length ? "done" : "more";
  };

  return {
    captured,
    step(char) {
      if (text === "" && done === 0 && char.trim() === "") return "more";
      parts ??= syntax.layout(marker, char);
      const part = parts[index]!;
      if (part.kind === "literal") {
        if (part.text[done] !== char) return "bad";
        done++;
        return done === part.text.length ? advance(null) : "more";
      }
      text += char;
      if (part.kind === "until") {
        tail = (tail + char).slice(-part.text.length);
        if (tail === part.text) return advance(text.slice(0, -part.text.length));
        return text.length > part.most ? "bad" : "more";
      }
      json ??= newJsonScan(part.firstKeys ?? null);
      const status = json.step(char);
      return status === "done" ? advance(text) : status;
    },
    complete: () => parts?.slice(index).every((part) => part.kind === "literal") ?? false,
  };
}

/**
 * Takes tool calls out of the content. A call is passed on when it is complete; text that turns out to be none goes to
 * the content as it was. White space next to a call is dropped.
 */
export function newToolCallStage(
  syntax: CallSyntax,
  sink: Sink,
  tools: readonly ToolDefinition[] = [],
): Stage {
  const scan = newMarkerScan(syntax.open);
  const content = newTrimmer((text) => sink.content(text), { start: false });
  let reader: Reader | null = null;
  let marker = "";
  let raw = "";
  /** Only white space and separators so far, since the start or the last call: a bare call may follow. */
  let mayBeBare = syntax.bare ?? false;
  let lead = "";

  const begin = (opening: string): void => {
    marker = opening;
    raw = opening;
    mayBeBare = false;
    reader = newReader(syntax, opening);
  };
  const giveUp = (): void => {
    reader = null;
    content.push(lead + raw);
    lead = "";
    raw = "";
  };
  const finish = (): void => {
    const calls = syntax.calls(reader!.captured, marker, tools);
    if (calls === null) {
      giveUp();
      return;
    }
    for (const call of calls) sink.call(call);
    content.reset();
    reader = null;
    lead = "";
    raw = "";
    mayBeBare = syntax.bare ?? false;
  };
  /** Reads on in a call; gives the text after it. */
  const readCall = (text: string): string => {
    for (let i = 0; i < text.length; i++) {
      const status = reader!.step(text[i]!);
      if (status === "more") continue;
      const end = status === "bad" ? i : i + 1;
      raw += text.slice(0, end);
      if (status === "bad") giveUp();
      else finish();
      return text.slice(end);
    }
    raw += text;
    return "";
  };
  const readText = (text: string): string => {
    if (mayBeBare) {
      const at = text.search(/[^\s;]/);
      if (at === -1) {
        lead += text;
        return "";
      }
      lead += text.slice(0, at);
      mayBeBare = false;
      if (text[at] === "{") {
        begin("");
        return text.slice(at);
      }
      const head = lead;
      lead = "";
      return readText(head + text.slice(at));
    }
    const { before, marker: found, after } = scan.feed(text);
    content.push(before);
    if (found !== null) begin(found);
    return after;
  };

  return {
    push(text) {
      let rest = text;
      while (rest !== "") rest = reader === null ? readText(rest) : readCall(rest);
    },
    flush() {
      if (reader !== null) {
        if (reader.complete()) finish();
        else giveUp();
      }
      content.push(lead + scan.rest());
      content.release();
    },
  };
}
