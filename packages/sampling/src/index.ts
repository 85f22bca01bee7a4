// Parameters

// The steps, for chains of one's own
export { type Candidates, createCandidates, fillCandidates } from "./candidates.ts";

// Sampling
export { type Coin, createCoin, flip, freshSeed } from "./coin.ts";
export { argmax, draw } from "./draw.ts";
// Errors
export {
  NoCandidatesError,
  NonFiniteLogitsError,
  SamplingError,
  SamplingParameterError,
} from "./errors.ts";
// Exponentials with the same bits on every engine
export { exp, log } from "./exact-math.ts";
// Log-probabilities
export { logprobOf, logSumExp, requireFinite, type TokenLogprob, topLogprobs } from "./logprobs.ts";
export {
  GREEDY,
  SAMPLING_DEFAULTS,
  SAMPLING_RANGES,
  type SamplingParams,
  samplingParams,
  validateSamplingParams,
} from "./params.ts";
export { createSampler, type Sampler } from "./sampler.ts";
export { bias } from "./steps/bias.ts";
export { minP } from "./steps/min-p.ts";
export { penalties } from "./steps/penalties.ts";
export { temperature } from "./steps/temperature.ts";
export { topK } from "./steps/top-k.ts";
export { topP } from "./steps/top-p.ts";
