import { type Listen, REQUEST_IDLE_SECONDS } from "./listener.ts";

/** The same once an answer has begun, until the next one: streams may have long pauses. Bun's longest. */
const ANSWER_IDLE_SECONDS = 255;

/** Serves with Bun's own server. */
export const listenWithBun: Listen = async (app, { hostname, port, tls }) => {
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
};
