import { NonFiniteEmbeddingError } from "./errors.ts";
import type { Pooling } from "./model-runner.ts";
import type { PromptRowSink } from "./prompt-rows.ts";

/** Makes one vector of the hidden states of a text, which come in order and each once. */
export interface Pooler {
  /** First position whose hidden state is wanted; all from there on are. */
  readonly from: number;
  /** @throws NonFiniteEmbeddingError */
  readonly take: PromptRowSink;
  /** [length], once all have come. */
  vector(): Float32Array;
}

/**
 * @param count positions of the text
 * @param length numbers of a hidden state
 */
export function createPooler(pooling: Pooling, count: number, length: number): Pooler {
  const last = count - 1;
  const taken = { mean: () => true, cls: (p: number) => p === 0, last: (p: number) => p === last }[pooling];
  const sum = new Float64Array(length);
  return {
    from: pooling === "last" ? last : 0,
    take(position, row) {
      if (!taken(position)) return;
      for (let i = 0; i < length; i++) {
        if (!Number.isFinite(row[i])) throw new NonFiniteEmbeddingError(position);
        sum[i]! += row[i]!;
      }
    },
    vector: () => Float32Array.from(sum, (value) => (pooling === "mean" ? value / count : value)),
  };
}

/** The vector scaled to length 1; a vector of zeros as it is. */
export function toUnitLength(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const scale = squares === 0 ? 1 : 1 / Math.sqrt(squares);
  return vector.map((value) => value * scale);
}
