import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { type Listen, REQUEST_IDLE_SECONDS } from "./listener.ts";

const TIMES = { headersTimeout: REQUEST_IDLE_SECONDS * 1000, keepAliveTimeout: REQUEST_IDLE_SECONDS * 1000 };

/** Serves with node:http or node:https. */
export const listenWithNode: Listen = async (app, { hostname, port, tls }) => {
  const answer = getRequestListener(app.fetch, { hostname, overrideGlobalObjects: false });
  let stopping = false;
  const listener: RequestListener = (request, response) => {
    // A connection that is kept alive would hold up the end for as long as it is idle.
    response.on("close", () => {
      if (stopping) setImmediate(() => server.closeIdleConnections());
    });
    void answer(request, response);
  };
  const server =
    tls === undefined ? createServer(TIMES, listener) : createTlsServer({ ...TIMES, ...tls }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: hostname, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const at = server.address() as AddressInfo;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const closed = new Promise<void>((resolve) => server.once("close", () => resolve()));
  const stopAccepting = (): Promise<void> => {
    if (!stopping) {
      stopping = true;
      server.close();
    }
    return closed;
  };
  return {
    url: `${tls === undefined ? "http" : "https"}://${host}:${at.port}/`,
    hostname,
    port: at.port,
    stopAccepting,
    stop() {
      void stopAccepting();
      server.closeAllConnections();
      return closed;
    },
  };
};
