/** The hyperparameters that name a model in the cache. */
export interface CacheKeyConfig {
  vocabSize: number;
  hiddenDim: number;
  numHeads: number;
  numLayers: number;
  intermediateDim: number;
}

/**
 * `"v{vocab}_h{hidden}_n{heads}_l{layers}_i{intermediate}"`, the key format of realizar 0.2's `CacheKey::from_config`.
 * Two models of one shape share it: prefer a path or a name as key where there is one.
 */
export function cacheKeyFromConfig(config: CacheKeyConfig): string {
  const { vocabSize, hiddenDim, numHeads, numLayers, intermediateDim } = config;
  return `v${vocabSize}_h${hiddenDim}_n${numHeads}_l${numLayers}_i${intermediateDim}`;
}
