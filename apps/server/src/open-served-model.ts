import {
  connectEngine,
  type EnginePort,
  enginePort,
  type FromWorker,
  type MessageTarget,
  type ToWorker,
} from "@realizar/engine";
import { type Checkpoint, describeFile, openCheckpoint, openCheckpointFrom } from "@realizar/formats";
import type { ModelOpener, ServedModel } from "./served-model.ts";
import { startWorker } from "./start-worker-node.ts";
import type { WorkerFacts, WorkerModelSpec } from "./worker-model.ts";

export interface WorkerOpenerOptions {
  readonly model?: WorkerModelSpec["options"];
  /** Starts the thread a model runs in; a test may give a channel to its own thread. */
  readonly startWorker?: () => MessageTarget;
}

/** Sequences of full context that the KV cache has room for unless the options say otherwise. */
const DEFAULT_PARALLEL = 4;

const startModelWorker = (): MessageTarget => startWorker(new URL("./model-worker.ts", import.meta.url));

/** Opens each model in a worker of its own; its tokenizer is opened in this thread too. */
export function workerOpener(options: WorkerOpenerOptions = {}): ModelOpener {
  const startWorker = options.startWorker ?? startModelWorker;
  return {
    async describe({ path, contents }) {
      if (contents !== undefined) return { format: "gguf", bytes: contents.byteLength };
      const { format, size } = await describeFile(path);
      return { format, bytes: size };
    },
    async open({ path, contents }, { signal, onProgress }) {
      const checkpoint = await (contents === undefined
        ? openCheckpoint(path)
        : openCheckpointFrom(contents, path));
      let head: Pick<ServedModel, "tokenizer" | "chatTemplate"> & {
        facts: Omit<ServedModel["facts"], "bytes">;
      };
      try {
        head = {
          tokenizer: await checkpoint.tokenizer(),
          ...(checkpoint.chatTemplate === undefined ? {} : { chatTemplate: checkpoint.chatTemplate }),
          facts: factsOf(checkpoint),
        };
      } finally {
        checkpoint.close();
      }
      signal.throwIfAborted();

      const port: EnginePort<ToWorker<WorkerModelSpec>, FromWorker | WorkerFacts> = enginePort(startWorker());
      let failure: Error | undefined;
      let loaded = { bytes: 0, parameterCount: 0 };
      const enginesPort: EnginePort<ToWorker<WorkerModelSpec>, FromWorker> = {
        ...port,
        onMessage(take) {
          port.onMessage((message) => {
            if (message.type === "facts") loaded = message;
            else take(message);
          });
        },
      };
      const stop = () => port.terminate();
      signal.addEventListener("abort", stop);
      try {
        const engine = await connectEngine(
          enginesPort,
          {
            path,
            ...(contents === undefined ? {} : { contents }),
            options: { ...options.model, parallel: options.model?.parallel ?? DEFAULT_PARALLEL },
          },
          {
            onProgress: (fraction) => onProgress({ loaded: fraction, total: 1 }),
            onDeath: (error) => {
              failure = error;
            },
          },
        );
        const { bytes, parameterCount } = loaded;
        return {
          ...head,
          facts: { ...head.facts, bytes, parameterCount },
          engine,
          get failure() {
            return failure;
          },
          close: () => engine.close(),
        };
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
  };
}

function factsOf(checkpoint: Checkpoint): Omit<ServedModel["facts"], "bytes"> {
  const bytesOfType = new Map<string, number>();
  for (const { type, byteLength } of checkpoint.tensors.values()) {
    bytesOfType.set(type, (bytesOfType.get(type) ?? 0) + byteLength);
  }
  const commonest = [...bytesOfType].sort(([, a], [, b]) => b - a)[0]?.[0];
  const metadata: Record<string, string | number | boolean> = {};
  for (const [key, value] of checkpoint.metadata) {
    if (typeof value === "bigint") metadata[key] = Number(value);
    else if (typeof value !== "object") metadata[key] = value;
  }
  return {
    format: checkpoint.format,
    architecture: checkpoint.architecture,
    ...(commonest === undefined ? {} : { quantization: commonest }),
    metadata,
  };
}
