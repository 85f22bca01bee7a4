import type { Style } from "./style.ts";

/** What came of asking for a line. */
export type Line =
  | { readonly type: "line"; readonly text: string }
  /** Ctrl-C; `text` had been typed and is dropped. */
  | { readonly type: "interrupt"; readonly text: string }
  /** Ctrl-D, the end of a pipe, or a signal to stop. */
  | { readonly type: "end" };

/** What a command sees of the world; a test gives it another. */
export interface Io {
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
  /** Standard error is a terminal: progress bars are welcome. */
  readonly terminal: boolean;
  /** Columns of that terminal. */
  readonly columns: number;
  /** Columns of standard output where that is a terminal. */
  readonly outColumns: number | undefined;
  /** For standard error. */
  readonly style: Style;
  /** For standard output. */
  readonly outStyle: Style;
  /** All of standard input; undefined where it is a terminal. */
  readInput(): Promise<string | undefined>;
  /** Someone types: standard input and standard error are a terminal. */
  readonly interactive: boolean;
  /** The next line of standard input; where someone types, after a prompt, with a history and editing. */
  readLine(prompt: string): Promise<Line>;
  /** Lets go of standard input after the last line. */
  closeInput(): void;
  readFile(path: string): Promise<Uint8Array>;
  /** Until the function returned is called, Ctrl-C calls the listener and does not fire `signal`. */
  onInterrupt(listener: () => void): () => void;
  /** Fires at Ctrl-C or SIGTERM, with an `Interruption` as its reason. */
  readonly signal: AbortSignal;
}
