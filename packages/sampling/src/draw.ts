import { type Candidates, maxLogit } from "./candidates.ts";
import { exp } from "./exact-math.ts";

/** Index of the greatest value, the lowest on ties; -1 where none is above -Infinity. */
export function argmax(values: Float32Array, size = values.length): number {
  let best = -1;
  let max = -Infinity;
  for (let i = 0; i < size; i++) {
    const value = values[i]!;
    if (value > max) {
      max = value;
      best = i;
    }
  }
  return best;
}

/**
 * Token id at `coin` (in [0, 1)) of the candidates' cumulative probabilities in order of id.
 * At least one candidate must be above -Infinity.
 */
export function draw(candidates: Candidates, coin: number): number {
  const { ids, logits, weights, size } = candidates;
  const max = maxLogit(candidates);
  let total = 0;
  for (let i = 0; i < size; i++) {
    const weight = exp(logits[i]! - max);
    weights[i] = weight;
    total += weight;
  }
  const target = coin * total;
  let reached = 0;
  let chosen = 0;
  for (let i = 0; i < size; i++) {
    if (weights[i] === 0) continue;
    chosen = i;
    reached += weights[i]!;
    if (reached > target) break;
  }
  return ids[chosen]!;
}
