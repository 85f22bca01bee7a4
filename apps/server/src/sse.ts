import { type ChunkStreamOptions, chunkStream } from "./chunk-stream.ts";

/** One server-sent event. `data` is sent as JSON, or as it is where it is a string. */
export interface ServerSentEvent {
  readonly event?: string;
  readonly data: unknown;
}

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  // nginx and ingresses built on it would otherwise hold events back.
  "x-accel-buffering": "no",
};

/** A comment: clients skip it, proxies see a live connection. HTML standard, section 9.2.7. */
const KEEP_ALIVE = ": keep-alive\n\n";

/** Wire form of an event. JSON has no raw line breaks, so one `data` line is enough for it. */
export function encodeEvent({ event, data }: ServerSentEvent): string {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  const lines = text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `${event === undefined ? "" : `event: ${event}\n`}${lines.join("")}\n`;
}

/** A response whose body is these events, each sent when it is there. */
export function sseResponse(
  events: AsyncGenerator<ServerSentEvent>,
  keepAliveMs: number,
  options: ChunkStreamOptions,
): Response {
  const keepAlive = { everyMs: keepAliveMs, chunk: KEEP_ALIVE };
  return new Response(chunkStream(events, encodeEvent, { ...options, keepAlive }), { headers: HEADERS });
}
