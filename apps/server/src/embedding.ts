import { toUnitLength } from "@realizar/engine";
import { BadRequestError } from "./errors.ts";
import type { Job } from "./job.ts";
import { runBounded } from "./run-bounded.ts";

export interface Embedding {
  readonly pooling?: "mean" | "cls" | "last" | null;
  /** Default true. */
  readonly normalize?: boolean;
  /** So many of the vector's first numbers, scaled to length 1 again. */
  readonly dimensions?: number | null;
}

/**
 * The embeddings of texts given as ids, in order. No more of them are with the engine at a time than it computes at a
 * time, so that a request of many leaves room for others.
 * @throws BadRequestError for more dimensions than there are, and what `Job.embed` throws
 */
export async function embedAll(
  job: Job,
  texts: readonly (readonly number[])[],
  { pooling, normalize, dimensions }: Embedding,
): Promise<Float32Array[]> {
  const { embeddingLength, maxRunning } = job.model.engine.info;
  if (dimensions && dimensions > embeddingLength && embeddingLength > 0) {
    throw new BadRequestError(
      `dimensions must be an integer from 1 to ${embeddingLength}, but is ${dimensions}`,
      "dimensions",
    );
  }
  const options = { ...(pooling ? { pooling } : {}), normalize };
  return runBounded(texts, maxRunning, async (ids) => {
    const vector = await job.embed(ids, options);
    return dimensions ? toUnitLength(vector.slice(0, dimensions)) : vector;
  });
}
