import { createCandidates, fillCandidates } from "./candidates.ts";
import { type Coin, flip } from "./coin.ts";
import { argmax, draw } from "./draw.ts";
import { NoCandidatesError } from "./errors.ts";
import { requireFinite } from "./logprobs.ts";
import type { SamplingParams } from "./params.ts";
import { bias } from "./steps/bias.ts";
import { minP } from "./steps/min-p.ts";
import { hasPenalties, penalties } from "./steps/penalties.ts";
import { temperature } from "./steps/temperature.ts";
import { topK } from "./steps/top-k.ts";
import { topP } from "./steps/top-p.ts";

export interface Sampler {
  /**
   * The next token's id. Allocates nothing that grows with the vocabulary.
   * @param logits raw logits [vocabSize], left as they are
   * @param tokens the sequence so far, prompt included: the penalties' window
   * @param coin advanced once unless the choice is greedy
   * @throws NonFiniteLogitsError, NoCandidatesError
   */
  sample(logits: Float32Array, params: SamplingParams, tokens: ArrayLike<number>, coin: Coin): number;
}

/**
 * A sampler for one vocabulary size; it holds scratch only, so one serves any number of sequences.
 *
 * The order is llama.cpp's: logit bias, penalties, top-k, top-p, min-p, temperature, draw. Top-p and min-p therefore
 * look at probabilities before temperature.
 */
export function createSampler(vocabSize: number): Sampler {
  const candidates = createCandidates(vocabSize);
  return {
    sample(logits, params, tokens, coin) {
      const position = tokens.length - 1;
      const biased = params.logitBias.size > 0;
      const penalised = hasPenalties(params);
      const likeliestOnly = params.temperature <= 0;
      if (likeliestOnly && !biased && !penalised) return greedy(logits, position);
      requireFinite(logits, position);

      fillCandidates(candidates, logits);
      if (biased) bias(candidates, params.logitBias);
      if (penalised) penalties(candidates, tokens, params);
      const likeliest = argmax(candidates.logits);
      if (likeliest < 0) throw new NoCandidatesError(position);
      if (likeliestOnly) return likeliest;

      if (params.topK > 0) topK(candidates, params.topK);
      if (params.topP < 1) topP(candidates, params.topP);
      if (params.minP > 0) minP(candidates, params.minP);
      if (params.temperature !== 1) temperature(candidates, params.temperature);
      return draw(candidates, flip(coin));
    },
  };
}

/** Argmax and the check for finite logits in one pass. */
function greedy(logits: Float32Array, position: number): number {
  let best = 0;
  let max = -Infinity;
  let zero = 0; // NaN as soon as one logit is not finite
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i]!;
    zero += value * 0;
    if (value > max) {
      max = value;
      best = i;
    }
  }
  if (zero !== 0) requireFinite(logits, position);
  return best;
}
