import { argumentsText } from "./json-text.ts";
import { newMarkerScan } from "./marker-scan.ts";
import { newTrimmer } from "./trim.ts";
import type { Sink, Stage } from "./types.ts";

const START = "<|start|>";
const CHANNEL = "<|channel|>";
const MESSAGE = "<|message|>";
const ENDS = ["<|end|>", "<|return|>", "<|call|>"];

type State = "text" | "header" | "body";

/**
 * The harmony format of gpt-oss (github.com/openai/harmony): messages `<|start|>role<|channel|>name<|message|>text<|end|>`;
 * channel "analysis" is reasoning, a message `to=functions.name` a tool call, everything else content.
 */
export function newHarmonyStage(sink: Sink): Stage {
  const inText = newMarkerScan([START, CHANNEL, MESSAGE, ...ENDS]);
  const inHeader = newMarkerScan([MESSAGE]);
  const inBody = newMarkerScan([START, CHANNEL, ...ENDS]);
  /** Text outside of messages; white space there is dropped. */
  const between = newTrimmer((text) => sink.content(text), { start: true });
  let state: State = "text";
  let header = "";
  let kind: "content" | "reasoning" | "call" = "content";
  let body = "";

  const deliver = (text: string): void => {
    if (kind === "call") body += text;
    else if (text !== "") sink[kind](text);
  };
  const endBody = (end: string): void => {
    if (kind === "call") {
      const name = recipient(header)!;
      const args = argumentsText(body.trim() === "" ? "{}" : body.trim());
      if (args !== null) sink.call({ name, arguments: args });
      else sink.content(header + MESSAGE + body + end);
    }
    kind = "content";
    body = "";
    header = "";
    state = "text";
  };
  const opened = (marker: string | null): void => {
    if (marker === START || marker === CHANNEL) {
      header = marker;
      state = "header";
    }
  };
  const steps: Record<State, (text: string) => string> = {
    text(text) {
      const { before, marker, after } = inText.feed(text);
      between.push(before);
      if (marker !== null) between.reset();
      opened(marker);
      return after;
    },
    header(text) {
      const { before, marker, after } = inHeader.feed(text);
      header += before;
      if (marker !== null) {
        kind = recipient(header) !== null ? "call" : channel(header) === "analysis" ? "reasoning" : "content";
        state = "body";
      }
      return after;
    },
    body(text) {
      const { before, marker, after } = inBody.feed(text);
      deliver(before);
      if (marker !== null) endBody(marker);
      opened(marker);
      return after;
    },
  };

  return {
    push(text) {
      let rest = text;
      while (rest !== "") rest = steps[state](rest);
    },
    flush() {
      if (state === "text") {
        between.push(inText.rest());
        between.release();
      } else if (state === "header") sink.content(header + inHeader.rest());
      else {
        deliver(inBody.rest());
        endBody("");
      }
    },
  };
}

function channel(header: string): string | null {
  return /<\|channel\|>\s*(\w+)/.exec(header)?.[1] ?? null;
}

function recipient(header: string): string | null {
  return /\bto=(?:functions\.)?([^\s<]+)/.exec(header)?.[1] ?? null;
}
