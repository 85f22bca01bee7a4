import { type Candidates, maxLogit } from "../candidates.ts";
import { log } from "../exact-math.ts";

/**
 * Drops tokens whose probability is below p times the likeliest one's.
 * Source: Nguyen et al., "Turning Up the Heat: Min-p Sampling" (2024).
 */
export function minP(candidates: Candidates, p: number): void {
  const { ids, logits, size } = candidates;
  const threshold = maxLogit(candidates) + log(p);
  let kept = 0;
  for (let i = 0; i < size; i++) {
    if (logits[i]! < threshold) continue;
    ids[kept] = ids[i]!;
    logits[kept] = logits[i]!;
    kept++;
  }
  candidates.size = kept;
}
