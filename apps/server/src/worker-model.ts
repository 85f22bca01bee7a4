import type { EnginePort, FromWorker, LoadModel, ToWorker } from "@realizar/engine";
import { type OpenOptions, openModel } from "@realizar/llm";

/** What the worker is told about its model. */
export interface WorkerModelSpec {
  readonly path: string;
  /** As of ModelSource. */
  readonly contents?: Uint8Array;
  readonly options: Pick<
    OpenOptions,
    "threads" | "contextSize" | "kvType" | "parallel" | "backend" | "engine"
  >;
}

/** Sent once, before the engine is ready: what only the thread that loads the model knows. */
export interface WorkerFacts {
  readonly type: "facts";
  /** Memory reserved. */
  readonly bytes: number;
  readonly parameterCount: number;
}

/** The worker's end of the channel. */
export type WorkerPort = EnginePort<FromWorker | WorkerFacts, ToWorker<WorkerModelSpec>>;

/** How the worker behind this port loads its model. */
export function loadInWorker(port: Pick<WorkerPort, "post">): LoadModel<WorkerModelSpec> {
  return async ({ path, contents, options }, progress) => {
    const model = await openModel(contents ?? path, {
      ...options,
      onProgress: ({ loadedBytes, totalBytes }) => progress(totalBytes === 0 ? 1 : loadedBytes / totalBytes),
    });
    port.post({ type: "facts", bytes: model.bytes, parameterCount: model.description.parameters });
    return {
      runner: model.runner,
      tokenizer: model.tokenizer,
      options: model.engineOptions,
      close: model.close,
    };
  };
}
