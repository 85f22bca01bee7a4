import type { Candidates } from "../candidates.ts";
import { keepHeaviest } from "../cut.ts";

/** Keeps the k likeliest; of equal ones the lower ids. */
export function topK(candidates: Candidates, k: number): void {
  if (k < candidates.size) keepHeaviest(candidates, null, k);
}
