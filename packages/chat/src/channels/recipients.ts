import { argumentsText } from "./json-text.ts";
import { newMarkerScan } from "./marker-scan.ts";
import type { Sink, Stage } from "./types.ts";

/** What begins a message; the recipient's name follows, up to the end of the line. */
export const RECIPIENT_MARK = ">>>";

/**
 * Functionary 3.2: messages `>>>recipient`, a line end, the text. Text for "all" is content, for any other recipient the
 * arguments of a tool call. `opened`: the prompt ends with the first mark.
 */
export function newRecipientStage(opened: boolean, sink: Sink): Stage {
  const marks = newMarkerScan([RECIPIENT_MARK]);
  const lineEnd = newMarkerScan(["\n"]);
  let state: "text" | "name" | "call" = opened ? "name" : "text";
  let mark = opened ? "" : RECIPIENT_MARK;
  let name = "";
  let body = "";

  const endCall = (): void => {
    const args = argumentsText(body.trim() === "" ? "{}" : body.trim());
    if (args !== null) sink.call({ name: name.trim(), arguments: args });
    else sink.content(`${mark}${name}\n${body}`);
    body = "";
  };
  const beginName = (): void => {
    state = "name";
    name = "";
  };
  const readName = (text: string): string => {
    const { before, marker, after } = lineEnd.feed(text);
    name += before;
    if (marker !== null) state = name.trim() === "all" ? "text" : "call";
    return after;
  };
  const readText = (text: string): string => {
    const { before, marker, after } = marks.feed(text);
    if (state === "call") body += before;
    else if (before !== "") sink.content(before);
    if (marker === null) return after;
    if (state === "call") endCall();
    mark = RECIPIENT_MARK;
    beginName();
    return after;
  };

  return {
    push(text) {
      let rest = text;
      while (rest !== "") rest = state === "name" ? readName(rest) : readText(rest);
    },
    flush() {
      if (state === "name") sink.content(mark + name);
      else if (state === "text") sink.content(marks.rest());
      else {
        body += marks.rest();
        endCall();
      }
    },
  };
}
