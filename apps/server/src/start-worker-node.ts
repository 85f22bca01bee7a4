import { parentPort, Worker } from "node:worker_threads";
import type { MessageTarget } from "@realizar/engine";

/** Node has threads with events of its own kind, where others have web Workers. */
const hasWebWorkers = typeof globalThis.Worker === "function";

/** Starts a module in a thread: seen from outside. */
export function startWorker(module: URL): MessageTarget {
  return hasWebWorkers ? new globalThis.Worker(module) : threadTarget(new Worker(module));
}

/** The other end, seen from inside a thread that `startWorker` started. */
export function outsideWorker(): MessageTarget {
  return (hasWebWorkers ? globalThis : parentPort) as unknown as MessageTarget;
}

type Listener = (event: Event) => void;

/** What each event of a web Worker is of a Node thread. */
const EVENTS: Readonly<Record<string, (thread: Worker, listener: Listener) => void>> = {
  message: (thread, listener) =>
    thread.on("message", (data) => listener(new MessageEvent("message", { data }))),
  messageerror: (thread, listener) => thread.on("messageerror", () => listener(new Event("messageerror"))),
  error: (thread, listener) =>
    thread.on("error", (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      listener(Object.assign(new Event("error"), { message }));
    }),
  close: (thread, listener) => thread.on("exit", () => listener(new Event("close"))),
};

/** A Node thread with the interface of a web Worker. */
export function threadTarget(thread: Worker): MessageTarget {
  return {
    postMessage: (message, transfer) => thread.postMessage(message, transfer as ArrayBuffer[]),
    addEventListener: (type, listener) => EVENTS[type]?.(thread, listener),
    terminate: () => thread.terminate(),
  };
}
