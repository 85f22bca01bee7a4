/** Gauges (now) and counters (since the start) of one engine. */
export interface EngineStats {
  /** Gauges. */
  readonly running: number;
  readonly waiting: number;
  readonly pagesUsed: number;
  readonly pagesTotal: number;
  /** Counters. */
  readonly steps: number;
  readonly preemptions: number;
  /** Prompt tokens looked up in the prefix cache, and those found there. */
  readonly prefixQueries: number;
  readonly prefixHits: number;
  /** Prompt tokens admitted, cached ones included. */
  readonly promptTokens: number;
  readonly generatedTokens: number;
}
