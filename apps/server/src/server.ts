import type { Hono } from "hono";
import pino from "pino";
import { createApp } from "./app.ts";
import { createChatPrompts } from "./chat-prompt.ts";
import { ShuttingDownError } from "./errors.ts";
import type { Lifecycle, ServerContext } from "./exchange.ts";
import { createGate } from "./gate.ts";
import { listenWithBun } from "./listen-bun.ts";
import { listenWithNode } from "./listen-node.ts";
import type { Listen, Listener } from "./listener.ts";
import { createMetrics } from "./metrics.ts";
import { createModelStore } from "./model-store.ts";
import { checkModels, completeLimits, type ServerOptions } from "./options.ts";

export interface ListenOptions {
  /** Default 127.0.0.1. */
  readonly hostname?: string;
  /** Default 8080; 0 is any free one. */
  readonly port?: number;
  /** Default Bun's own server in Bun, else node:http. */
  readonly via?: Listen;
}

export interface Server {
  /** For use without a port: `app.request("/health")`. */
  readonly app: Hono;
  /**
   * Listens, and starts to load the pinned models.
   * @throws (rejects) where the address cannot be had
   */
  listen(options?: ListenOptions): Promise<Listener>;
  /**
   * Loads the pinned models; the same promise each time.
   * @throws ModelLoadError of the first that cannot be loaded; /health then stays 503
   */
  ready(): Promise<void>;
  /**
   * Stops accepting, lets running requests finish for at most `graceMs` (default 30 s), cancels the rest, and unloads
   * every model. The same promise each time.
   */
  close(graceMs?: number): Promise<void>;
}

const LISTEN: Listen = typeof Bun === "undefined" ? listenWithNode : listenWithBun;

const DEFAULT_GRACE_MS = 30_000;
/** How long answers that were cancelled may take to leave. */
const FAREWELL_MS = 1_000;

/** @throws OptionError */
export function createServer(options: ServerOptions): Server {
  checkModels(options.models);
  const limits = completeLimits(options.limits);
  const store = createModelStore(options.models, options.opener, limits);
  const gate = createGate(limits.requests);
  const lifecycle: Lifecycle = { draining: false, loadFailure: undefined, jobs: new Set() };
  const server: ServerContext = {
    version: options.version,
    startedSeconds: Math.floor(Date.now() / 1000),
    limits,
    store,
    gate,
    chatPrompts: createChatPrompts(),
    metrics: createMetrics(store, gate, options.metricsCompat),
    logger: options.logger ?? pino({ level: "silent" }),
    lifecycle,
  };
  const app = createApp(server, { apiKeys: options.apiKeys ?? [], corsOrigins: options.corsOrigins ?? [] });
  const listeners: Listener[] = [];
  let loading: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  function ready(): Promise<void> {
    loading ??= store.loadPinned().catch((error) => {
      lifecycle.loadFailure = error;
      throw error;
    });
    return loading;
  }

  async function close(graceMs: number): Promise<void> {
    lifecycle.draining = true;
    const stopped = listeners.map((listener) => listener.stopAccepting());
    await within(graceMs, gate.idle());
    for (const job of lifecycle.jobs) job.abort(new ShuttingDownError());
    await within(FAREWELL_MS, Promise.all([gate.idle(), ...stopped]));
    await Promise.all(listeners.map((listener) => listener.stop()));
    await store.close();
  }

  return {
    app,
    ready,
    async listen({ hostname = "127.0.0.1", port = 8080, via = LISTEN } = {}) {
      const listener = await via(app, {
        hostname,
        port,
        ...(options.tls === undefined ? {} : { tls: options.tls }),
      });
      listeners.push(listener);
      ready().catch((error) => server.logger.error({ err: error }, "a pinned model cannot be loaded"));
      return listener;
    },
    close(graceMs = DEFAULT_GRACE_MS) {
      closing ??= close(graceMs);
      return closing;
    },
  };
}

/** Waits for the work, but no longer than that. */
async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
