// The server

export { listenWithBun } from "./listen-bun.ts";
export { listenWithNode } from "./listen-node.ts";
export type { Address, Listen, Listener } from "./listener.ts";
export { DEFAULT_LIMITS, type Limits, type ServerOptions, type TlsOptions } from "./options.ts";
export { createServer, type ListenOptions, type Server } from "./server.ts";

// What it serves

export { type WorkerOpenerOptions, workerOpener } from "./open-served-model.ts";
export type {
  FileFacts,
  LoadProgress,
  ModelFacts,
  ModelOpener,
  ModelSource,
  OpenOptions,
  ServedModel,
} from "./served-model.ts";

// Errors

export { HttpError, OptionError } from "./errors.ts";
export { ModelLoadError } from "./model-store.ts";
