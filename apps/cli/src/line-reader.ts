import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import type { Line } from "./io.ts";

/** Lines that may wait for a reader before standard input is paused. */
const MOST_WAITING = 64;
/** Lines that the arrow keys bring back. */
const HISTORY_SIZE = 500;

/** Terminals that know it mark what is pasted (xterm, "Bracketed Paste Mode"). */
const PASTE_MARKS = { on: "\x1b[?2004h", off: "\x1b[?2004l" } as const;

export interface LineReader {
  read(prompt: string): Promise<Line>;
  /** Ends a read that waits, as Ctrl-C does. False where none waits. */
  interrupt(): boolean;
  close(): void;
}

export interface LineReaderOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** Someone types: edit lines, keep a history, show what is typed. */
  readonly interactive: boolean;
  /** Ends every read. */
  readonly signal: AbortSignal;
  /** Ctrl-C while no read waits: a terminal that is read key by key sends no signal. */
  readonly onInterrupt: () => void;
}

/**
 * Reads standard input line by line. What is typed between two reads is kept and not shown: it is there when the next
 * read asks. A pasted text of several lines is one line to the reader, with line breaks in it.
 */
export function lineReader({
  input,
  output,
  interactive,
  signal,
  onInterrupt,
}: LineReaderOptions): LineReader {
  const lines: string[] = [];
  const pasted: string[] = [];
  let waiting: ((line: Line) => void) | undefined;
  let pasting = false;
  let ended = false;

  const screen = new Writable({
    write(chunk, _encoding, done) {
      if (waiting !== undefined) output.write(chunk);
      done();
    },
  });
  Object.defineProperty(screen, "columns", { get: () => output.columns });
  output.on("resize", () => screen.emit("resize"));

  const editor: Interface = createInterface({
    input,
    ...(interactive ? { output: screen, terminal: true } : { terminal: false }),
    historySize: HISTORY_SIZE,
    removeHistoryDuplicates: true,
    crlfDelay: Number.POSITIVE_INFINITY,
  });

  const settle = (line: Line) => {
    const settled = waiting;
    waiting = undefined;
    if (interactive && settled !== undefined) output.write(PASTE_MARKS.off);
    settled?.(line);
  };
  const interrupt = (): boolean => {
    if (waiting === undefined) return false;
    const text = [...pasted.splice(0), editor.line].join("\n");
    if (interactive) {
      editor.write(null, { ctrl: true, name: "e" });
      output.write("^C\n");
    }
    settle({ type: "interrupt", text });
    // Not shown any more: what was typed stays on the screen, and is gone from the line.
    if (interactive) editor.write(null, { ctrl: true, name: "u" });
    return true;
  };
  const end = () => {
    ended = true;
    settle({ type: "end" });
  };

  editor.on("line", (text) => {
    pasted.push(text);
    if (pasting) return;
    const whole = pasted.splice(0).join("\n");
    if (waiting !== undefined && lines.length === 0) settle({ type: "line", text: whole });
    else lines.push(whole);
    if (lines.length >= MOST_WAITING) editor.pause();
  });
  editor.on("SIGINT", () => interrupt() || onInterrupt());
  editor.on("close", end);
  if (interactive)
    input.on("keypress", (_text: unknown, key: { name?: string } | undefined) => {
      if (key?.name === "paste-start") pasting = true;
      if (key?.name === "paste-end") pasting = false;
    });
  signal.addEventListener("abort", end, { once: true });

  return {
    async read(prompt) {
      const text = lines.shift();
      if (text !== undefined) {
        if (interactive) output.write(`${prompt}${text}\n`);
        return { type: "line", text };
      }
      if (ended || signal.aborted) return { type: "end" };
      return new Promise((resolve) => {
        waiting = resolve;
        if (!interactive) {
          editor.resume();
          return;
        }
        output.write(PASTE_MARKS.on);
        editor.setPrompt(prompt);
        editor.prompt(true);
      });
    },
    interrupt,
    close: () => editor.close(),
  };
}
