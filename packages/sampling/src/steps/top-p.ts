import { type Candidates, maxLogit } from "../candidates.ts";
import { keepHeaviest } from "../cut.ts";
import { exp } from "../exact-math.ts";

/**
 * Keeps the fewest likeliest tokens whose probabilities, at temperature 1 among the candidates, sum to at least p;
 * always at least one. Source: Holtzman et al., "The Curious Case of Neural Text Degeneration" (2019).
 */
export function topP(candidates: Candidates, p: number): void {
  const { logits, weights, size } = candidates;
  const max = maxLogit(candidates);
  let total = 0;
  for (let i = 0; i < size; i++) {
    const weight = exp(logits[i]! - max);
    weights[i] = weight;
    total += weight;
  }
  keepHeaviest(candidates, weights, Math.max(p * total, Number.MIN_VALUE));
}
