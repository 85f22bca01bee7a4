import { type Llm, load } from "@realizar/llm";
import type { Io } from "../io.ts";
import { progressBar } from "../progress.ts";

export interface LoadFlags {
  readonly threads?: number;
  readonly ctxSize?: number;
  readonly kvType?: "f32" | "f16" | "q8_0";
}

/** Loads a model with a progress bar. */
export async function loadModel(io: Io, model: string, flags: LoadFlags): Promise<Llm> {
  const bar = progressBar(io, "loading");
  try {
    return await load(model, {
      threads: flags.threads,
      contextSize: flags.ctxSize,
      kvType: flags.kvType,
      signal: io.signal,
      onProgress: ({ loadedBytes, totalBytes }) => bar.update(loadedBytes, totalBytes),
    });
  } finally {
    bar.end();
  }
}
