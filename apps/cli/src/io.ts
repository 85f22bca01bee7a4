/** What a command sees of the world; a test gives it another. */
export interface Io {
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
  /** Standard error is a terminal: progress bars and colours are welcome. */
  readonly terminal: boolean;
  /** Columns of that terminal. */
  readonly columns: number;
  /** All of standard input; undefined where it is a terminal. */
  readInput(): Promise<string | undefined>;
  readFile(path: string): Promise<Uint8Array>;
  /** Fires at Ctrl-C or SIGTERM, with an `Interruption` as its reason. */
  readonly signal: AbortSignal;
}
