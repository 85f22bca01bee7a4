import { type ChunkStreamOptions, chunkStream } from "./chunk-stream.ts";

/** A response of one JSON value a line, each sent when it is there. */
export function ndjsonResponse(values: AsyncGenerator<unknown>, options: ChunkStreamOptions): Response {
  const body = chunkStream(values, (value) => `${JSON.stringify(value)}\n`, options);
  return new Response(body, {
    headers: {
      "content-type": "application/x-ndjson",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    },
  });
}
