// The cache

// Admission, pure
export { type Admission, admit, type Holding, type Limits, type Need } from "./admission.ts";
// Keys
export { type CacheKeyConfig, cacheKeyFromConfig } from "./cache-key.ts";
// Errors
export {
  type BusyModel,
  type BusyState,
  CacheError,
  CacheOptionError,
  type DoesNotFit,
  InvalidSizeError,
  LoadCancelledError,
  ModelDoesNotFitError,
} from "./errors.ts";
export { createModelCache } from "./model-cache.ts";
export type {
  CacheEntryInfo,
  CacheEvent,
  CacheStats,
  Lease,
  LoadContext,
  Loader,
  LoadOptions,
  LoadProgress,
  ModelCache,
  ModelCacheOptions,
} from "./types.ts";
