import { LRUCache } from "lru-cache";
import { admit, type Holding } from "./admission.ts";
import {
  type BusyState,
  CacheOptionError,
  InvalidSizeError,
  LoadCancelledError,
  ModelDoesNotFitError,
} from "./errors.ts";
import type {
  CacheEntryInfo,
  Lease,
  LoadContext,
  Loader,
  LoadOptions,
  LoadProgress,
  ModelCache,
  ModelCacheOptions,
} from "./types.ts";

interface Entry<T> {
  readonly key: string;
  readonly value: T;
  readonly bytes: number;
  leases: number;
  /** Clock reading; kept only where there is an idle TTL. */
  lastUsed: number;
  /** No longer in the LRU: disposed when the last lease is released. */
  retired: boolean;
}

/** A load in progress. */
interface Flight<T> {
  readonly key: string;
  readonly reservedBytes: number;
  readonly controller: AbortController;
  readonly listeners: Set<(progress: LoadProgress) => void>;
  readonly result: Promise<Entry<T>>;
  lastProgress: LoadProgress | undefined;
  /** Leases to take the moment the model is there. */
  acquirers: number;
}

/**
 * An LRU cache of models by bytes and by count, with one load per key at a time, leases and pins.
 *
 * - Bytes of loaded models and estimates of loads in progress together never exceed `maxBytes`.
 * - What is loading, leased or pinned is never evicted; where that leaves no room, the newcomer is refused
 *   with the numbers and nothing is evicted.
 * - A failed load is not cached.
 * - `dispose` is called once for each loaded model.
 */
export function createModelCache<T extends {}>(options: ModelCacheOptions<T>): ModelCache<T> {
  const limits = {
    maxBytes: limit("maxBytes", options.maxBytes),
    maxEntries: limit("maxEntries", options.maxEntries),
  };
  const idleTtlMs = limit("idleTtlMs", options.idleTtlMs);
  const { sizeOf, dispose } = options;
  const onEvent = options.onEvent ?? (() => {});
  const now = options.now ?? (() => performance.now());
  const tracksIdle = options.idleTtlMs !== undefined;

  // The LRU keeps the order. It never evicts by itself: only `admit` knows what is busy.
  const ready = new LRUCache<string, Entry<T>>({
    maxSize: Number.MAX_SAFE_INTEGER,
    sizeCalculation: () => 1,
  });
  const retired = new Set<Entry<T>>();
  const flights = new Map<string, Flight<T>>();
  const cancelled = new Set<Flight<T>>();
  const pinned = new Set<string>();
  const disposals = new Set<Promise<void>>();
  const counters = {
    hits: 0,
    misses: 0,
    loads: 0,
    loadFailures: 0,
    refusals: 0,
    evictions: 0,
    expirations: 0,
  };

  /** The most recently used entry, where it is known: to use it again changes no order. */
  let newest: Entry<T> | undefined;

  function hit(key: string): Entry<T> | undefined {
    if (newest?.key !== key) newest = ready.get(key);
    if (newest !== undefined) counters.hits++;
    return newest;
  }

  /** A hit without a lease: the only kind of use whose time is not known from a release. */
  function use(key: string): T | undefined {
    const entry = hit(key);
    if (entry === undefined) return undefined;
    if (tracksIdle) entry.lastUsed = now();
    return entry.value;
  }

  /** Loaded models, least recently used first. */
  function inOrder(): Entry<T>[] {
    return [...ready.rvalues()].filter((entry) => entry !== undefined);
  }

  function busyState(entry: Entry<T>): BusyState | "idle" {
    if (entry.leases > 0) return "serving";
    return pinned.has(entry.key) ? "pinned" : "idle";
  }

  /** Everything that takes room, least recently used first. */
  function holdings(): Holding[] {
    const list: Holding[] = [];
    for (const entry of retired) list.push({ key: entry.key, bytes: entry.bytes, state: "serving" });
    for (const entry of inOrder()) list.push({ key: entry.key, bytes: entry.bytes, state: busyState(entry) });
    for (const flight of [...cancelled, ...flights.values()])
      list.push({ key: flight.key, bytes: flight.reservedBytes, state: "loading" });
    return list;
  }

  function makeRoom(key: string, bytes: number, entries: 0 | 1): void {
    const admission = admit({ key, bytes, entries }, holdings(), limits);
    if (!admission.fits) throw new ModelDoesNotFitError(admission.reason);
    for (const victim of admission.victims) {
      counters.evictions++;
      retire(victim, "eviction");
    }
  }

  /** Takes a loaded model out of reach, and disposes it unless leases keep it. */
  function retire(key: string, type: "eviction" | "expiry" | "unload"): void {
    const entry = ready.peek(key)!;
    ready.delete(key);
    newest = undefined;
    entry.retired = true;
    onEvent({ type, key, bytes: entry.bytes });
    if (entry.leases > 0) retired.add(entry);
    else discard(entry.value, key);
  }

  function discard(value: T, key: string): Promise<void> {
    const disposal = disposeOne(value, key).finally(() => disposals.delete(disposal));
    disposals.add(disposal);
    return disposal;
  }

  async function disposeOne(value: T, key: string): Promise<void> {
    try {
      await dispose(value, key);
    } catch (error) {
      onEvent({ type: "dispose-failure", key, error });
    }
  }

  async function settled(): Promise<void> {
    while (disposals.size > 0) await Promise.all(disposals);
  }

  function flightFor(key: string, load: Loader<T>, loadOptions: LoadOptions): Flight<T> {
    counters.misses++;
    const flight = flights.get(key) ?? startLoad(key, load, loadOptions.estimatedBytes ?? 0);
    if (loadOptions.onProgress !== undefined) {
      flight.listeners.add(loadOptions.onProgress);
      if (flight.lastProgress !== undefined) loadOptions.onProgress(flight.lastProgress);
    }
    return flight;
  }

  /** @throws {ModelDoesNotFitError} {InvalidSizeError} before the loader is called */
  function startLoad(key: string, load: Loader<T>, estimatedBytes: number): Flight<T> {
    try {
      checkSize(key, "estimatedBytes", estimatedBytes);
      makeRoom(key, estimatedBytes, 1);
    } catch (error) {
      counters.refusals++;
      onEvent({ type: "refusal", key, error });
      throw error;
    }
    const { promise, resolve, reject } = Promise.withResolvers<Entry<T>>();
    const flight: Flight<T> = {
      key,
      reservedBytes: estimatedBytes,
      controller: new AbortController(),
      listeners: new Set(),
      result: promise,
      lastProgress: undefined,
      acquirers: 0,
    };
    flights.set(key, flight);
    counters.loads++;
    onEvent({ type: "load-start", key, estimatedBytes });
    void fly(flight, load).then(resolve, (error) => {
      counters.loadFailures++;
      onEvent({ type: "load-failure", key, error });
      reject(error);
    });
    return flight;
  }

  async function fly(flight: Flight<T>, load: Loader<T>): Promise<Entry<T>> {
    const { key, controller } = flight;
    const context: LoadContext = {
      key,
      signal: controller.signal,
      progress(progress) {
        flight.lastProgress = progress;
        for (const listener of flight.listeners) listener(progress);
        onEvent({ type: "load-progress", key, progress });
      },
    };
    const started = now();
    let value: T;
    try {
      // Room that is still being freed is not room yet.
      await settled();
      controller.signal.throwIfAborted();
      value = await load(context);
    } catch (error) {
      land(flight);
      throw controller.signal.aborted ? new LoadCancelledError(key) : error;
    }
    try {
      land(flight);
      if (controller.signal.aborted) throw new LoadCancelledError(key);
      const bytes = sizeOf(value, key);
      checkSize(key, "sizeOf", bytes);
      makeRoom(key, bytes, 1);
      const entry: Entry<T> = {
        key,
        value,
        bytes,
        leases: flight.acquirers,
        lastUsed: now(),
        retired: false,
      };
      ready.set(key, entry);
      newest = entry;
      onEvent({ type: "load", key, bytes, milliseconds: entry.lastUsed - started });
      return entry;
    } catch (error) {
      await discard(value, key);
      throw error;
    }
  }

  function land(flight: Flight<T>): void {
    if (!cancelled.delete(flight)) flights.delete(flight.key);
  }

  /** A lease over one of the counts already in `entry.leases`. */
  function leaseOf(entry: Entry<T>): Lease<T> {
    let open = true;
    const release = () => {
      if (!open) return;
      open = false;
      entry.leases--;
      if (tracksIdle) entry.lastUsed = now();
      if (entry.leases === 0 && retired.delete(entry)) discard(entry.value, entry.key);
    };
    return { key: entry.key, value: entry.value, release, [Symbol.dispose]: release };
  }

  function acquireIfLoaded(key: string): Lease<T> | undefined {
    const entry = hit(key);
    if (entry === undefined) return undefined;
    entry.leases++;
    return leaseOf(entry);
  }

  function cancelLoad(flight: Flight<T>): void {
    flights.delete(flight.key);
    cancelled.add(flight);
    flight.controller.abort(new LoadCancelledError(flight.key));
  }

  async function clear(): Promise<void> {
    for (const { key } of inOrder()) retire(key, "unload");
    await settled();
  }

  return {
    peek: (key) => ready.peek(key)?.value,
    getIfLoaded: use,
    get(key, load, loadOptions = {}) {
      const value = use(key);
      if (value !== undefined) return value;
      try {
        return flightFor(key, load, loadOptions).result.then((loaded) => loaded.value);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    acquireIfLoaded,
    async acquire(key, load, loadOptions = {}) {
      const lease = acquireIfLoaded(key);
      if (lease !== undefined) return lease;
      const flight = flightFor(key, load, loadOptions);
      flight.acquirers++;
      return leaseOf(await flight.result);
    },
    pin: (key) => void pinned.add(key),
    unpin: (key) => void pinned.delete(key),
    async unload(key) {
      const flight = flights.get(key);
      if (flight !== undefined) {
        cancelLoad(flight);
        await flight.result.catch(() => {});
        return true;
      }
      if (!ready.has(key)) return false;
      retire(key, "unload");
      await settled();
      return true;
    },
    async sweep() {
      if (!tracksIdle) return [];
      const oldest = now() - idleTtlMs;
      const idle = inOrder().filter((entry) => busyState(entry) === "idle" && entry.lastUsed <= oldest);
      const keys = idle.map((entry) => entry.key);
      counters.expirations += keys.length;
      for (const key of keys) retire(key, "expiry");
      await settled();
      return keys;
    },
    clear,
    stats() {
      const held = [...retired, ...inOrder()];
      const loads = [...cancelled, ...flights.values()];
      const accesses = counters.hits + counters.misses;
      return {
        ...counters,
        hitRate: accesses === 0 ? 0 : (100 * counters.hits) / accesses,
        entries: held.length,
        bytes: held.reduce((sum, entry) => sum + entry.bytes, 0),
        loading: loads.length,
        reservedBytes: loads.reduce((sum, flight) => sum + flight.reservedBytes, 0),
        leases: held.reduce((sum, entry) => sum + entry.leases, 0),
      };
    },
    entries() {
      const time = now();
      const infoOf = (entry: Entry<T>): CacheEntryInfo => ({
        key: entry.key,
        state: entry.retired ? "unloading" : "ready",
        bytes: entry.bytes,
        leases: entry.leases,
        pinned: pinned.has(entry.key),
        idleMs: tracksIdle && entry.leases === 0 ? time - entry.lastUsed : 0,
      });
      const loading = [...cancelled, ...flights.values()].map(
        (flight): CacheEntryInfo => ({
          key: flight.key,
          state: cancelled.has(flight) ? "unloading" : "loading",
          bytes: flight.reservedBytes,
          leases: 0,
          pinned: pinned.has(flight.key),
          idleMs: 0,
        }),
      );
      return [...[...retired].map(infoOf), ...inOrder().map(infoOf), ...loading];
    },
    async [Symbol.asyncDispose]() {
      const loads = [...flights.values()];
      for (const flight of loads) cancelLoad(flight);
      await Promise.allSettled(loads.map((flight) => flight.result));
      await clear();
    },
  };
}

function limit(option: string, value: number | undefined): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (!(value > 0))
    throw new CacheOptionError(
      option,
      `${value} is out of range: it must be greater than 0, or left out for no limit`,
    );
  return value;
}

function checkSize(key: string, source: string, size: number): void {
  if (!Number.isFinite(size) || size < 0) throw new InvalidSizeError(key, source, size);
}
