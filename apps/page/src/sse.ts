/** One event of a `text/event-stream`. */
export interface SseEvent {
  /** "message" where the stream names none. */
  readonly type: string;
  /** The `data` lines, joined by line feeds. */
  readonly data: string;
}

export interface SseParser {
  /** Takes the next piece of the stream, cut anywhere, and returns the events that it completes. */
  push(text: string): SseEvent[];
}

/**
 * Reads an event stream piece by piece (HTML standard, section 9.2.6). Lines end in LF, CR or CRLF; an event that no
 * blank line ends is dropped, as the standard asks for. `id` and `retry` are for reconnecting, which a POST does not do.
 */
export function createSseParser(): SseParser {
  let line = "";
  let type = "";
  let data: string[] = [];
  let atStart = true;
  let afterReturn = false;

  function endLine(events: SseEvent[]): void {
    if (line === "") {
      if (data.length > 0) events.push({ type: type === "" ? "message" : type, data: data.join("\n") });
      type = "";
      data = [];
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") data.push(value);
    else if (field === "event") type = value;
    line = "";
  }

  return {
    push(text) {
      const events: SseEvent[] = [];
      let start = 0;
      if (atStart && text !== "") {
        atStart = false;
        if (text.startsWith("\uFEFF")) start = 1;
      }
      for (let at = start; at < text.length; at++) {
        const char = text[at];
        if (char !== "\n" && char !== "\r") {
          afterReturn = false;
          continue;
        }
        const isSecondHalf = char === "\n" && afterReturn;
        afterReturn = char === "\r";
        if (!isSecondHalf) {
          line += text.slice(start, at);
          endLine(events);
        }
        start = at + 1;
      }
      line += text.slice(start);
      return events;
    },
  };
}
