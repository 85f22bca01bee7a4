import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { Io } from "./io.ts";

/** The world of a real process. A first Ctrl-C or SIGTERM stops cleanly, a second one at once. */
export function processIo(host: NodeJS.Process = process): Io {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) host.exit(130);
    controller.abort(new Error("interrupted"));
  };
  host.on("SIGINT", stop);
  host.on("SIGTERM", stop);
  // A reader that goes away (as `head` does) ends the program quietly.
  host.stdout.on("error", (error: NodeJS.ErrnoException) => host.exit(error.code === "EPIPE" ? 0 : 1));
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
        throw new Error(`cannot read ${path}: ${(cause as Error).message}`, { cause });
      }
    },
    signal: controller.signal,
  };
}
