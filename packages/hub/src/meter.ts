/** Speed over this long is what is shown, milliseconds: long enough to be steady, short enough to follow. */
const WINDOW_MS = 5000;

export interface Rate {
  bytesPerSecond: number;
  /** Undefined while nothing has come or the total is unknown. */
  etaSeconds: number | undefined;
}

/** Measures speed over the last seconds. `loaded` counts what this run fetched and what it found. */
export function createMeter(now: () => number, loaded: number) {
  let samples: { ms: number; loaded: number }[] = [{ ms: now(), loaded }];
  return {
    rate(loaded: number, total: number | undefined): Rate {
      const ms = now();
      samples.push({ ms, loaded });
      const firstInside = samples.findIndex((sample) => sample.ms >= ms - WINDOW_MS);
      samples = samples.slice(firstInside);
      const first = samples[0]!;
      const bytesPerSecond = ms > first.ms ? ((loaded - first.loaded) * 1000) / (ms - first.ms) : 0;
      const left = total === undefined ? undefined : total - loaded;
      const known = left !== undefined && (left === 0 || bytesPerSecond > 0);
      return { bytesPerSecond, etaSeconds: known ? (left === 0 ? 0 : left / bytesPerSecond) : undefined };
    },
  };
}
