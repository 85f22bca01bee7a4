import type { Hono } from "hono";
import type { TlsOptions } from "./options.ts";

/** A port that is being listened on. */
export interface Listener {
  readonly url: string;
  readonly hostname: string;
  readonly port: number;
  /** Takes no new connections; resolves when those there are have ended. */
  stopAccepting(): Promise<void>;
  /** Ends every connection. */
  stop(): Promise<void>;
}

/** Seconds of silence after which a connection that has sent no whole request is closed. */
const REQUEST_IDLE_SECONDS = 60;
/** The same once an answer has begun, until the next one: streams may have long pauses. Bun's longest. */
const ANSWER_IDLE_SECONDS = 255;

/** Serves an application on a port with Bun. */
export function listenWithBun(
  app: Hono,
  { hostname, port, tls }: { readonly hostname: string; readonly port: number; readonly tls?: TlsOptions },
): Listener {
  const server = Bun.serve({
    hostname,
    port,
    ...(tls === undefined ? {} : { tls }),
    idleTimeout: REQUEST_IDLE_SECONDS,
    // The application counts a body's bytes itself, so that a refusal has the form of its other errors.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    async fetch(request, bun) {
      // An answer may take as long as the application's own deadline lets it.
      bun.timeout(request, 0);
      const response = await app.fetch(request);
      bun.timeout(request, ANSWER_IDLE_SECONDS);
      return response;
    },
  });
  return {
    url: server.url.href,
    hostname: server.hostname ?? hostname,
    port: server.port ?? port,
    stopAccepting: () => server.stop(false),
    stop: () => server.stop(true),
  };
}
