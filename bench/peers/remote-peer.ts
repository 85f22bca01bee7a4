import { join } from "node:path";
import type { OpenPeer, PeerEngine } from "./engine.ts";

/** Starts an engine in a process of its own. Lines on standard output that begin with @ are its answers. */
export async function startPeer(engine: string, options: OpenPeer): Promise<PeerEngine> {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, "worker.ts"), JSON.stringify({ engine, ...options })],
    { stdin: "pipe", stdout: "pipe", stderr: "inherit", cwd: import.meta.dir },
  );
  const answers = lines(child.stdout);
  const next = async (): Promise<unknown> => {
    for (;;) {
      const { value: line, done } = await answers.next();
      if (done) throw new Error(`${engine} ended without an answer (status ${await child.exited})`);
      if (!line.startsWith("@")) continue;
      const { value, error } = JSON.parse(line.slice(1));
      if (error !== undefined) throw new Error(`${engine}: ${error}`);
      return value;
    }
  };
  const ask = async (call: string, argument?: unknown) => {
    child.stdin.write(`${JSON.stringify({ call, argument })}\n`);
    await child.stdin.flush();
    return next();
  };
  const loadSeconds = (await next()) as number;
  return {
    loadSeconds,
    run: async (test) => (await ask("run", test)) as number,
    together: async (tokens) => (await ask("together", tokens)) as number,
    peakRssBytes: async () => (await ask("peakRssBytes")) as number,
    async close() {
      await ask("close");
      await child.exited;
    },
  };
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
