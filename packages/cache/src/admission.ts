import type { BusyModel, BusyState, DoesNotFit } from "./errors.ts";

/** One model that takes room in the cache. `state` is "idle" where it may be evicted. */
export interface Holding {
  key: string;
  bytes: number;
  state: BusyState | "idle";
}

export interface Limits {
  maxBytes: number;
  maxEntries: number;
}

/** What the newcomer takes: `entries` is 1 for a new model, 0 for one that has its place and grew. */
export interface Need {
  key: string;
  bytes: number;
  entries: 0 | 1;
}

export type Admission = { fits: true; victims: string[] } | { fits: false; reason: DoesNotFit };

/**
 * Which idle models must go so that `need` fits, least recently used first; or why it cannot.
 * Pure. When the answer is no, nothing is to be evicted.
 *
 * @param holdings everything that holds room, least recently used first
 */
export function admit(need: Need, holdings: readonly Holding[], limits: Limits): Admission {
  let bytes = 0;
  for (const holding of holdings) bytes += holding.bytes;
  let entries = holdings.length;
  const held = { bytes, entries };

  const victims: string[] = [];
  const tooMuch = () => bytes + need.bytes > limits.maxBytes || entries + need.entries > limits.maxEntries;
  if (need.bytes <= limits.maxBytes) {
    for (const holding of holdings) {
      if (!tooMuch()) break;
      if (holding.state !== "idle") continue;
      victims.push(holding.key);
      bytes -= holding.bytes;
      entries -= 1;
    }
  }
  if (!tooMuch()) return { fits: true, victims };

  const tooBig = need.bytes > limits.maxBytes;
  const busy = tooBig ? [] : holdings.filter((holding): holding is BusyModel => holding.state !== "idle");
  const byBytes = bytes + need.bytes > limits.maxBytes;
  const numbers = byBytes
    ? { limit: "bytes" as const, needed: need.bytes, budget: limits.maxBytes, held: held.bytes }
    : { limit: "entries" as const, needed: need.entries, budget: limits.maxEntries, held: held.entries };
  return { fits: false, reason: { key: need.key, ...numbers, busy } };
}
