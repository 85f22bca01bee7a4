import { newMarkerScan } from "./marker-scan.ts";
import { newTrimmer } from "./trim.ts";
import type { Sink, Stage } from "./types.ts";

export interface ThinkTags {
  open: string;
  close: string;
}

/**
 * `<think>reasoning</think>content`. The opening tag counts at the start of the answer only; where the prompt has
 * opened it already (`opened`) the answer starts as reasoning, with or without a tag. White space around the tags is
 * dropped. Reasoning that is never closed stays reasoning.
 */
export function newThinkStage(tags: ThinkTags, opened: boolean, sink: Sink): Stage {
  const scan = newMarkerScan([tags.close]);
  const reasoning = newTrimmer((text) => sink.reasoning(text), { start: true });
  let state: "start" | "thinking" | "content" = "start";
  let head = "";
  let dropSpace = false;

  const content = (text: string): void => {
    const shown = dropSpace ? text.trimStart() : text;
    if (shown === "") return;
    dropSpace = false;
    sink.content(shown);
  };
  const think = (text: string): void => {
    state = "thinking";
    const { before, marker, after } = scan.feed(text);
    reasoning.push(before);
    if (marker === null) return;
    reasoning.reset();
    state = "content";
    dropSpace = true;
    content(after);
  };
  const leaveStart = (text: string): void => {
    head = "";
    state = opened ? "thinking" : "content";
    if (opened) think(text);
    else content(text);
  };

  return {
    push(text) {
      if (state === "content") return content(text);
      if (state === "thinking") return think(text);
      head += text;
      const begin = head.trimStart();
      if (begin.startsWith(tags.open)) {
        head = "";
        think(begin.slice(tags.open.length));
      } else if (!tags.open.startsWith(begin)) leaveStart(head);
    },
    flush() {
      if (state === "start" && head !== "") leaveStart(head);
      if (state !== "thinking") return;
      reasoning.push(scan.rest());
      reasoning.release();
    },
  };
}

/** Whether a prompt ends with the opening tag, so that the answer begins inside the reasoning. */
export function opensThinking(prompt: string, tags: ThinkTags): boolean {
  return prompt.trimEnd().endsWith(tags.open);
}
