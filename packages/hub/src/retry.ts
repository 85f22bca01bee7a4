import { ConnectionError } from "./errors.ts";
import { sleep } from "./sleep.ts";

export interface RetryPolicy {
  /** Tries that bring nothing, one after another, before giving up. */
  attempts: number;
  /** Milliseconds before the second try; doubles with each. */
  baseDelayMs: number;
  maxDelayMs: number;
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
  /** In [0, 1): spreads the delays so that many clients do not come back at once. */
  random(): number;
}

/** A failure that may pass: a cut connection, a 5xx, 408 or 429. */
export class TransientFailure extends Error {
  readonly retryAfterMs: number | undefined;
  /** Bytes arrived before it failed: the count of tries starts again. */
  readonly advanced: boolean;
  constructor(
    message: string,
    facts: { retryAfterMs?: number | undefined; advanced?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: facts.cause });
    this.name = "TransientFailure";
    this.retryAfterMs = facts.retryAfterMs;
    this.advanced = facts.advanced ?? false;
  }
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 6,
  baseDelayMs: 500,
  maxDelayMs: 20_000,
  sleep,
  random: Math.random,
};

/**
 * Runs `action` until it succeeds, throws something else than {@link TransientFailure}, or fails too often in a row.
 *
 * @throws {ConnectionError} with the last failure as its cause
 */
export async function withRetries<T>(
  url: string,
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  action: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof TransientFailure)) throw error;
      signal?.throwIfAborted();
      if (error.advanced) attempt = 1;
      if (attempt >= policy.attempts) throw new ConnectionError(url, attempt, error.cause ?? error);
      await policy.sleep(delayOf(attempt, policy, error.retryAfterMs), signal);
    }
  }
}

/** Exponential, half of it random; at least what the server asks for, within the maximum. */
function delayOf(attempt: number, policy: RetryPolicy, retryAfterMs = 0): number {
  const exponential = policy.baseDelayMs * 2 ** (attempt - 1) * (0.5 + policy.random() / 2);
  return Math.min(policy.maxDelayMs, Math.max(exponential, retryAfterMs));
}

/** Retry-After as milliseconds: seconds, or a date. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
