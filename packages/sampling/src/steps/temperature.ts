import { type Candidates, maxLogit } from "../candidates.ts";

/**
 * Divides the logits by a temperature above 0, after shifting the greatest to 0: the probabilities are the same, and
 * no temperature is so small that a quotient overflows.
 */
export function temperature(candidates: Candidates, t: number): void {
  const { logits, size } = candidates;
  const max = maxLogit(candidates);
  for (let i = 0; i < size; i++) logits[i] = (logits[i]! - max) / t;
}
