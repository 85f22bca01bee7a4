import type { Candidates } from "../candidates.ts";
import type { SamplingParams } from "../params.ts";

type Penalties = Pick<
  SamplingParams,
  "repetitionPenalty" | "presencePenalty" | "frequencyPenalty" | "repeatLastN"
>;

/** Whether the penalties change any logit. */
export function hasPenalties(p: Penalties): boolean {
  return (
    p.repeatLastN !== 0 && (p.repetitionPenalty !== 1 || p.presencePenalty !== 0 || p.frequencyPenalty !== 0)
  );
}

/**
 * Makes tokens of the last `repeatLastN` less likely. Needs the full vocabulary: entry i is token i.
 * Formula: llama.cpp, llama_sampler_penalties_apply; the repetition penalty is that of CTRL (Keskar et al. 2019),
 * mirrored for negative logits.
 */
export function penalties(candidates: Candidates, tokens: ArrayLike<number>, p: Penalties): void {
  const { logits, counts } = candidates;
  const vocabSize = counts.length;
  const start = p.repeatLastN < 0 ? 0 : Math.max(0, tokens.length - p.repeatLastN);
  for (let i = start; i < tokens.length; i++) {
    const id = tokens[i]!;
    if (id < vocabSize) counts[id] = counts[id]! + 1;
  }
  for (let i = start; i < tokens.length; i++) {
    const id = tokens[i]!;
    if (id >= vocabSize) continue;
    const count = counts[id]!;
    if (count === 0) continue;
    counts[id] = 0;
    const logit = logits[id]!;
    const repeated = logit > 0 ? logit / p.repetitionPenalty : logit * p.repetitionPenalty;
    logits[id] = repeated - p.presencePenalty - count * p.frequencyPenalty;
  }
}
