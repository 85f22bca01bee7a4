import { basename } from "node:path";
import { DEMO_MODEL_NAME } from "@realizar/demo-model";
import {
  createServer,
  type Listener,
  type ModelSource,
  OptionError,
  type Server,
  type ServerOptions,
  workerOpener,
} from "@realizar/server";
import pino from "pino";

import { oneLine, UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { openInBrowser } from "../open-in-browser.ts";
import type { Style } from "../style.ts";
import { VERSION } from "../version.ts";

export interface ServeFlags {
  readonly model?: readonly string[];
  /** Serve the built-in model too, after those of `model`: its bytes. */
  readonly demo?: Uint8Array;
  /** Show the page in a browser. */
  readonly open?: boolean;
  readonly host: string;
  readonly port: number;
  readonly threads?: number;
  readonly ctxSize?: number;
  readonly kvType?: "f32" | "f16" | "q8_0" | "q16";
  /** Sequences of full context that the KV cache has room for. */
  readonly parallel?: number;
  /** Load models on first use. */
  readonly lazy?: boolean;
  /** Names of models that are loaded at the start and stay, while the others are loaded on first use. */
  readonly pin?: readonly string[];
  readonly maxModelBytes?: number;
  /** Seconds. */
  readonly modelIdle?: number;
  readonly requestTimeout?: number;
  readonly maxRequests?: number;
  readonly maxBodyBytes?: number;
  readonly grace: number;
  readonly apiKey?: readonly string[];
  readonly apiKeyFile?: string;
  /** Of REALIZAR_API_KEY. */
  readonly environmentKey?: string;
  readonly corsOrigin?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly metricsCompat?: "vllm";
  readonly logLevel: string;
}

/** `[name=]path`: the id a client asks for, and where the model is. */
export function modelSource(text: string): ModelSource {
  const equals = /^([\w.:@-]+)=(.+)$/.exec(text);
  if (equals !== null) return { id: equals[1]!, path: equals[2]! };
  const id = basename(text.replace(/[/\\]+$/, "")).replace(/\.(gguf|safetensors)$/, "");
  return { id: id === "" ? "model" : id, path: text };
}

/** Serves models until Ctrl-C or SIGTERM, then finishes what runs and returns. */
export async function serve(io: Io, flags: ServeFlags): Promise<void> {
  const models: readonly ModelSource[] = [
    ...(flags.model ?? []).map(modelSource),
    ...(flags.demo === undefined
      ? []
      : [{ id: DEMO_MODEL_NAME, path: DEMO_MODEL_NAME, contents: flags.demo }]),
  ];
  if (models.length === 0)
    throw new UsageError(
      "no model to serve: name one, as in realizar serve --model model.gguf, or try the built-in one: realizar serve --demo",
    );
  const pins = new Set(flags.pin ?? (flags.lazy ? [] : models.map(({ id }) => id)));
  for (const name of pins)
    if (!models.some(({ id }) => id === name))
      throw new UsageError(
        `--pin ${name}: no --model has this name; there is ${models.map(({ id }) => id).join(", ")}`,
      );
  const apiKeys = [
    ...(flags.apiKey ?? []),
    ...(await keysOfFile(io, flags.apiKeyFile)),
    ...(flags.environmentKey ? [flags.environmentKey] : []),
  ];
  const tls = await tlsOf(io, flags.tlsCert, flags.tlsKey);
  // Until the models are loaded, what goes wrong is told once, by this command itself.
  const logger = pino({ level: "silent" }, pino.destination(2));
  const server = created({
    models: models.map((source) => ({ ...source, pinned: pins.has(source.id) })),
    opener: workerOpener({
      model: {
        threads: flags.threads,
        contextSize: flags.ctxSize,
        kvType: flags.kvType,
        parallel: flags.parallel,
      },
    }),
    version: VERSION,
    logger,
    apiKeys,
    corsOrigins: flags.corsOrigin ?? [],
    metricsCompat: flags.metricsCompat,
    tls,
    limits: {
      ...(flags.maxModelBytes === undefined ? {} : { modelBytes: flags.maxModelBytes }),
      ...(flags.modelIdle === undefined ? {} : { modelIdleMs: flags.modelIdle * 1000 }),
      ...(flags.maxRequests === undefined ? {} : { requests: flags.maxRequests }),
      ...(flags.maxBodyBytes === undefined ? {} : { bodyBytes: flags.maxBodyBytes }),
      ...(flags.requestTimeout === undefined ? {} : { requestTimeoutMs: flags.requestTimeout * 1000 }),
    },
  });
  try {
    const listener = await listen(server, flags);
    io.err(
      `${io.style.dim(`realizar ${VERSION} on ${listener.url} (loading ${pins.size === 1 ? "1 model" : `${pins.size} models`})`)}\n`,
    );
    await server.ready();
    logger.level = flags.logLevel;
    io.out(
      screen(
        io.outStyle,
        listener.url,
        models.map(({ id }) => id),
      ),
    );
    if (!isLoopback(flags.host) && apiKeys.length === 0)
      io.err(`${io.style.alarm("anyone who reaches this address may use it")}; --api-key asks for a key\n`);
    if (flags.open) await openInBrowser(listener.url).catch((error) => io.err(`${oneLine(error)}\n`));
    await aborted(io.signal);
    io.err("stopping: running requests may finish; Ctrl-C again stops at once\n");
  } finally {
    await server.close(flags.grace * 1000);
  }
}

/** A model named twice and the like is a mistake in the command line. */
function created(options: ServerOptions): Server {
  try {
    return createServer(options);
  } catch (cause) {
    throw cause instanceof OptionError ? new UsageError(cause.message, { cause }) : cause;
  }
}

/** By error code of listen(2). */
const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "ports below 1024 need rights that this process lacks",
};

async function listen(server: Server, { host, port }: ServeFlags): Promise<Listener> {
  try {
    return await server.listen({ hostname: host, port });
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? "";
    const why = LISTEN_PROBLEMS[code] ?? oneLine(cause).replace(/[.?!]$/, "");
    throw new Error(`cannot listen on ${host}:${port}: ${why}; choose another with --host and --port`, {
      cause,
    });
  }
}

/** Names of this machine alone: 127.0.0.0/8 and ::1 (RFC 6890). */
const isLoopback = (host: string) => host === "localhost" || host === "::1" || host.startsWith("127.");

function screen({ bold, dim }: Style, url: string, models: readonly string[]): string {
  const base = url.replace(/\/$/, "");
  return `
${bold(`realizar ${VERSION}`)} is ready

  address   ${bold(base)}
  page      ${base}/ ${dim("to chat in a browser")}
  models    ${models.join(", ")}
  clients   ${base}/v1 ${dim("for those of OpenAI")}
  docs      ${base}/openapi.json
  try       curl ${base}/generate \\
              -H content-type:application/json -d '{"prompt": "Hello"}'
  stop      Ctrl-C

`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Keys of a file: one a line; empty lines and lines of # are passed over. */
async function keysOfFile(io: Io, path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  const lines = new TextDecoder().decode(await io.readFile(path)).split(/\r?\n/);
  const keys = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  if (keys.length === 0) throw new UsageError(`${path} holds no API key: put one on a line`);
  return keys;
}

async function tlsOf(
  io: Io,
  cert: string | undefined,
  key: string | undefined,
): Promise<{ cert: string; key: string } | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new UsageError("--tls-cert and --tls-key belong together");
  const text = async (path: string) => new TextDecoder().decode(await io.readFile(path));
  return { cert: await text(cert), key: await text(key) };
}
