/**
 * The tokens that may still be chosen, with their logits. Every step filters or rewrites it in place.
 *
 * Invariants: entries [0, size) are live; `ids` ascends; `logits` are finite or -Infinity. Because ids ascend whatever
 * was filtered, a step that drops nothing changes nothing about the draw.
 */
export interface Candidates {
  readonly ids: Int32Array; // [capacity]
  readonly logits: Float32Array; // [capacity]
  /** The bits of `logits`, over the same memory. */
  readonly bits: Int32Array;
  size: number;
  /** Scratch of the steps, `capacity` long; holds nothing between steps. */
  readonly weights: Float64Array;
  readonly scratch: Int32Array;
  /** Occurrences by token id, all zero between steps. */
  readonly counts: Int32Array;
  /** Histogram of one digit of a logit's key. */
  readonly histogram: Float64Array; // [2048]
}

/** Room for a vocabulary of `capacity` tokens. */
export function createCandidates(capacity: number): Candidates {
  const logits = new Float32Array(capacity);
  return {
    ids: new Int32Array(capacity),
    logits,
    bits: new Int32Array(logits.buffer),
    size: 0,
    weights: new Float64Array(capacity),
    scratch: new Int32Array(capacity),
    counts: new Int32Array(capacity),
    histogram: new Float64Array(2048),
  };
}

/** Makes every token a candidate, with its raw logit. `logits`: [capacity], left as it is. */
export function fillCandidates(candidates: Candidates, logits: Float32Array): void {
  const { ids } = candidates;
  candidates.logits.set(logits);
  for (let i = 0; i < ids.length; i++) ids[i] = i;
  candidates.size = ids.length;
}

/** Largest logit among the candidates. */
export function maxLogit(candidates: Candidates): number {
  const { logits, size } = candidates;
  let max = -Infinity;
  for (let i = 0; i < size; i++) if (logits[i]! > max) max = logits[i]!;
  return max;
}
