import { createServer, type Server, type ServerOptions } from "../src/index.ts";
import { type ToyOptions, toyOpener } from "./toy-model.ts";

/** Gives a JSON body to an endpoint. */
export type Ask = (path: string, body?: unknown, init?: RequestInit) => Promise<Response>;

export interface ToyServer {
  readonly server: Server;
  readonly ask: Ask;
}

/** A server of one toy model named "toy", without a port. */
export function toyServer(options: Partial<ServerOptions> = {}, toy: ToyOptions = {}): ToyServer {
  const server = createServer({
    models: [{ id: "toy", path: "/models/toy.gguf" }],
    opener: toyOpener(toy),
    version: "1.2.3",
    ...options,
  });
  return { server, ask: asker(server) };
}

export function asker(server: Server): Ask {
  return async (path, body, init = {}) => {
    if (body === undefined) return server.app.request(path, init);
    return server.app.request(path, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...init,
      headers: { "content-type": "application/json", ...init.headers },
    });
  };
}

export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/** The events of a stream as they come, comments left out. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) {
      const lines = block.split("\n").filter((line) => !line.startsWith(":"));
      if (lines.length === 0) continue;
      const field = (name: string) =>
        lines
          .filter((line) => line.startsWith(`${name}: `))
          .map((line) => line.slice(name.length + 2))
          .join("\n");
      yield { event: field("event"), data: field("data") };
    }
  }
}

export async function allEvents(response: Response): Promise<SseEvent[]> {
  return Array.fromAsync(readEvents(response.body!));
}

/** A gate that a test opens step by step. */
export function turnstile() {
  let credits = 0;
  let waiting: (() => void)[] = [];
  let passed = 0;
  return {
    /** For `beforeStep`. */
    async pass(): Promise<void> {
      while (credits === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      credits--;
      passed++;
    },
    open(count = Number.POSITIVE_INFINITY): void {
      credits += count;
      for (const wake of waiting) wake();
      waiting = [];
    },
    get passed() {
      return passed;
    },
  };
}
