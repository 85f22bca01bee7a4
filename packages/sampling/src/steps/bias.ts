import type { Candidates } from "../candidates.ts";

/** Adds to logits by token id; -Infinity forbids a token. Needs the full vocabulary: entry i is token i. */
export function bias(candidates: Candidates, logitBias: ReadonlyMap<number, number>): void {
  const { logits } = candidates;
  for (const [id, amount] of logitBias) logits[id] = logits[id]! + amount;
}
