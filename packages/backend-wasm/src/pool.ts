import type { KernelExports } from "@realizar/kernels";

/** What a compute thread is told when it starts. After that it takes its orders from shared memory alone. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memories: readonly WebAssembly.Memory[];
  readonly rank: number;
  readonly threads: number;
  /** Byte addresses in segment 0, see memory.ts. */
  readonly control: {
    readonly work: number;
    readonly parts: number;
    readonly barrier: number;
    readonly failed: number;
  };
  /** The work word as it stands: a thread's first step is the one after. */
  readonly seen: number;
  /** Polls before an idle thread sleeps. */
  readonly spins: number;
}

/**
 * The body of a compute thread. Self-contained: it is sent to the thread as source text, so that no runtime or bundler
 * has to find a file. It waits for a step, runs its share of each part, and ends when told zero parts.
 */
export function computeThread(start: ThreadStart): void {
  const { module, memories, rank, threads, control, spins } = start;
  const kernels = memories.map(
    (memory) => new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports,
  );
  const first = memories[0];
  const waiter = kernels[0];
  if (first === undefined || waiter === undefined) return;
  const words = new Int32Array(first.buffer);
  let { seen } = start;
  try {
    for (;;) {
      seen = waiter.wait_for_work(control.work, seen, spins);
      const count = words[control.parts >> 2] ?? 0;
      if (count === 0) return;
      for (let i = 0; i < count; i++) {
        const at = (control.parts >> 2) + 1 + i * 2;
        kernels[words[at] ?? 0]?.run((words[at + 1] ?? 0) >>> 0, control.barrier, rank, threads);
      }
    }
  } catch (error) {
    for (const memory of memories) Atomics.store(new Int32Array(memory.buffer), control.failed >> 2, 1);
    throw error;
  }
}

interface ThreadHandle {
  send(message: unknown): void;
  /** Resolves once the thread has answered that it is up; rejects if it fails before. */
  readonly ready: Promise<void>;
  /** Resolves once its work is done: it reads nothing any more. */
  readonly done: Promise<void>;
  end(): void;
}

/** Source of a thread: wait for the start message, say that it is up, go to work, and say that it is done. */
const SOURCE = (answer: string, receive: string) =>
  `const work = ${computeThread.toString()};${receive}(message => { ${answer}("ready"); work(message); ${answer}("done"); });`;

/** Starts one thread: a Worker where the runtime has them (Bun, browsers), else a worker_thread (Node). */
function startThread(): ThreadHandle {
  if (typeof Worker !== "undefined") {
    const source = SOURCE(
      "self.postMessage",
      "((f) => { self.onmessage = (event) => { f(event.data); self.close(); }; })",
    );
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(url, { type: "module" });
    (worker as { unref?: () => void }).unref?.();
    const ready = new Promise<void>((resolve, reject) => {
      worker.addEventListener("message", () => resolve(), { once: true });
      worker.onerror = (event) => reject(new Error(`a compute thread could not start: ${event.message}`));
    });
    const done = new Promise<void>((resolve) => {
      worker.addEventListener("message", ({ data }) => data === "done" && resolve());
    });
    return {
      send: (message) => worker.postMessage(message),
      ready,
      done,
      end: () => {
        worker.terminate();
        URL.revokeObjectURL(url);
      },
    };
  }
  const threads = process.getBuiltinModule("node:worker_threads");
  const source = SOURCE(
    "port.postMessage",
    "const port = require('node:worker_threads').parentPort; ((f) => port.once('message', f))",
  );
  const worker = new threads.Worker(source, { eval: true });
  worker.unref();
  const ready = new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve());
    worker.once("error", reject);
  });
  const done = new Promise<void>((resolve) => {
    worker.on("message", (message) => message === "done" && resolve());
  });
  return { send: (message) => worker.postMessage(message), ready, done, end: () => void worker.terminate() };
}

export interface ThreadPool {
  /** Resolves once all threads have ended by themselves: told zero parts. */
  done(): Promise<void>;
  /** Ends all threads. The zero count of parts must have been published, or they are ended where they stand. */
  close(): void;
}

/** Starts threads 1 .. threads - 1; thread 0 is the caller's own. */
export async function startPool(start: Omit<ThreadStart, "rank">): Promise<ThreadPool> {
  const handles = Array.from({ length: start.threads - 1 }, startThread);
  const close = () => {
    for (const handle of handles) handle.end();
  };
  try {
    for (const [i, handle] of handles.entries()) handle.send({ ...start, rank: i + 1 } satisfies ThreadStart);
    await Promise.all(handles.map((handle) => handle.ready));
  } catch (error) {
    close();
    throw error;
  }
  return { done: async () => void (await Promise.all(handles.map((handle) => handle.done))), close };
}
