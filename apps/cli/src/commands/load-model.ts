import { type Llm, load } from "@realizar/llm";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { progressBar } from "../progress.ts";

/** Where a model lies, or the bytes of its GGUF file. */
export type LocatedModel = string | Uint8Array;

export interface LoadFlags {
  readonly threads?: number;
  readonly ctxSize?: number;
  readonly kvType?: "f32" | "f16" | "q8_0" | "q16";
}

/**
 * Loads a model with a progress bar.
 * @param contextFlag the option that `ctxSize` came from
 * @throws UsageError where the model has no such context
 */
export async function loadModel(
  io: Io,
  model: LocatedModel,
  flags: LoadFlags,
  contextFlag = "--ctx-size",
): Promise<Llm> {
  const bar = progressBar(io, "loading");
  try {
    const llm = await load(model, {
      threads: flags.threads,
      contextSize: flags.ctxSize,
      kvType: flags.kvType,
      signal: io.signal,
      onProgress: ({ loadedBytes, totalBytes }) => bar.update(loadedBytes, totalBytes),
    });
    const longest = llm.description.contextSize;
    if (flags.ctxSize !== undefined && flags.ctxSize > longest) {
      await llm.close();
      throw new UsageError(`the model's context is ${longest} tokens: give ${contextFlag} at most that`);
    }
    return llm;
  } finally {
    bar.end();
  }
}
