import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Interruption } from "./errors.ts";
import type { Io } from "./io.ts";

/** What is used of `process`. */
export type HostProcess = Pick<NodeJS.Process, "on" | "exit" | "stdin" | "stdout" | "stderr">;

/** The world of a real process. A first Ctrl-C or SIGTERM stops cleanly, a second one at once. */
export function processIo(host: HostProcess = process): Io {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    host.on(signal, () => {
      const interruption = new Interruption(signal);
      if (controller.signal.aborted) host.exit(interruption.status);
      controller.abort(interruption);
    });
  }
  // A reader that goes away (as `head` does) ends the program quietly.
  for (const stream of [host.stdout, host.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => host.exit(error.code === "EPIPE" ? 0 : 1));
  return {
    out: (piece) => void host.stdout.write(piece),
    err: (piece) => void host.stderr.write(piece),
    terminal: host.stderr.isTTY === true,
    columns: host.stderr.columns ?? 80,
    readInput: async () => (host.stdin.isTTY ? undefined : text(host.stdin)),
    readFile: async (path) => {
      try {
        return await readFile(path);
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        throw new Error(`cannot read ${path}: ${REASONS[code ?? ""] ?? message}`, { cause });
      }
    },
    signal: controller.signal,
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "no permission",
};
