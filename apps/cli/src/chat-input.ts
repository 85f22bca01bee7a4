/** Puts lines together that are one message. */
export interface MessageInput {
  /** The message, once its last line is there. */
  push(line: string): string | undefined;
  /** Lines of a message are there, and its end is not. */
  readonly open: boolean;
  /** Forgets them; gives what there was. */
  reset(): string | undefined;
}

const FENCE = '"""';

/** A line goes on after a backslash at its end; between two lines of `"""`, or text begun and ended by it, all is one message. */
export function messageInput(): MessageInput {
  let lines: string[] = [];
  let fenced = false;
  const take = () => {
    const message = lines.join("\n");
    lines = [];
    fenced = false;
    return message;
  };
  return {
    push(line) {
      if (fenced) {
        if (!line.trimEnd().endsWith(FENCE)) {
          lines.push(line);
          return undefined;
        }
        const last = line.trimEnd().slice(0, -FENCE.length);
        if (last !== "") lines.push(last);
        return take();
      }
      if (lines.length === 0 && line.trimStart().startsWith(FENCE)) {
        const first = line.trimStart().slice(FENCE.length);
        if (first.trimEnd().endsWith(FENCE)) return first.trimEnd().slice(0, -FENCE.length);
        fenced = true;
        if (first !== "") lines.push(first);
        return undefined;
      }
      if (line.endsWith("\\")) {
        lines.push(line.slice(0, -1));
        return undefined;
      }
      lines.push(line);
      return take();
    },
    get open() {
      return fenced || lines.length > 0;
    },
    reset: () => (fenced || lines.length > 0 ? take() : undefined),
  };
}
