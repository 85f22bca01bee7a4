import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Interruption } from "./errors.ts";
import type { Io } from "./io.ts";
import { type LineReader, lineReader } from "./line-reader.ts";
import { styleOf, wantsColour } from "./style.ts";

/** What is used of `process`. */
export type HostProcess = Pick<NodeJS.Process, "on" | "exit" | "stdin" | "stdout" | "stderr" | "env">;

/** The world of a real process. A first Ctrl-C or SIGTERM stops cleanly, a second one at once. */
export function processIo(host: HostProcess = process): Io {
  const controller = new AbortController();
  let listener: (() => void) | undefined;
  let reader: LineReader | undefined;

  const stop = (signal: "SIGINT" | "SIGTERM") => {
    const interruption = new Interruption(signal);
    if (controller.signal.aborted) host.exit(interruption.status);
    controller.abort(interruption);
  };
  const interrupted = () => (listener === undefined ? stop("SIGINT") : listener());
  host.on("SIGINT", () => (listener !== undefined && reader?.interrupt()) || interrupted());
  host.on("SIGTERM", () => stop("SIGTERM"));
  // A reader that goes away (as `head` does) ends the program quietly.
  for (const stream of [host.stdout, host.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => host.exit(error.code === "EPIPE" ? 0 : 1));

  const terminal = host.stderr.isTTY === true;
  const interactive = terminal && host.stdin.isTTY === true;
  return {
    out: (piece) => void host.stdout.write(piece),
    err: (piece) => void host.stderr.write(piece),
    terminal,
    get columns() {
      return host.stderr.columns ?? 80;
    },
    get outColumns() {
      return host.stdout.isTTY ? (host.stdout.columns ?? 80) : undefined;
    },
    style: styleOf(wantsColour(terminal, host.env)),
    outStyle: styleOf(wantsColour(host.stdout.isTTY === true, host.env)),
    readInput: async () => (host.stdin.isTTY ? undefined : text(host.stdin)),
    interactive,
    readLine(prompt) {
      reader ??= lineReader({
        input: host.stdin,
        output: host.stderr,
        interactive,
        signal: controller.signal,
        onInterrupt: interrupted,
      });
      return reader.read(prompt);
    },
    closeInput: () => reader?.close(),
    readFile: async (path) => {
      try {
        return await readFile(path);
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        throw new Error(`cannot read ${path}: ${REASONS[code ?? ""] ?? message}`, { cause });
      }
    },
    onInterrupt(given) {
      listener = given;
      return () => {
        if (listener === given) listener = undefined;
      };
    },
    signal: controller.signal,
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "no permission",
};
