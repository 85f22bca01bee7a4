/** How far a load has come, in whatever unit the loader counts (bytes as a rule). */
export interface LoadProgress {
  loaded: number;
  total?: number;
  /** What is being done, for people. */
  text?: string;
}

export interface LoadContext {
  key: string;
  /** Aborted when the model is unloaded while it loads. */
  signal: AbortSignal;
  /** Tells everyone who waits for this load, and `onEvent`. */
  progress(progress: LoadProgress): void;
}

export type Loader<T> = (context: LoadContext) => T | Promise<T>;

export interface LoadOptions {
  /** Bytes the model will take, known beforehand: reserved while it loads, refused at once where they cannot fit. Default 0. */
  estimatedBytes?: number;
  onProgress?(progress: LoadProgress): void;
}

/** A claim on a loaded model: while one is out, the model is not disposed. */
export interface Lease<T> extends Disposable {
  readonly key: string;
  readonly value: T;
  /** Gives the claim back. A second call does nothing. */
  release(): void;
}

export type CacheEvent =
  | { type: "load-start"; key: string; estimatedBytes: number }
  | { type: "load-progress"; key: string; progress: LoadProgress }
  | { type: "load"; key: string; bytes: number; milliseconds: number }
  | { type: "load-failure"; key: string; error: unknown }
  | { type: "refusal"; key: string; error: unknown }
  | { type: "eviction"; key: string; bytes: number }
  | { type: "expiry"; key: string; bytes: number }
  | { type: "unload"; key: string; bytes: number }
  | { type: "dispose-failure"; key: string; error: unknown };

export interface ModelCacheOptions<T extends {}> {
  /** Bytes all models together may take, loads in progress by their estimate included. Default: no limit. */
  maxBytes?: number;
  /** How many models may be held at once, loads in progress included. Default: no limit. */
  maxEntries?: number;
  /** `sweep` unloads what was idle for so long. Default: never. */
  idleTtlMs?: number;
  /**
   * Milliseconds, any origin, never going back. Default `performance.now`. With `idleTtlMs`, every `get` of a
   * loaded model reads it, which costs more than the rest of the hit: a coarse clock keeps that path fast.
   */
  now?: () => number;
  /** Bytes a loaded model takes. Asked once, after the load. */
  sizeOf(value: T, key: string): number;
  /** Frees a model. Called exactly once a model; a load waits until those under way are done. */
  dispose(value: T, key: string): void | Promise<void>;
  /** Told of everything that happens but hits and misses. Must not throw. */
  onEvent?(event: CacheEvent): void;
}

export interface CacheStats {
  /** Accesses that were answered at once. */
  hits: number;
  /** Accesses that were not: those that started a load, waited for one, or were refused. */
  misses: number;
  /** Percent of accesses that were hits, 0 to 100; 0 with no accesses. */
  hitRate: number;
  /** Loader calls. */
  loads: number;
  /** Loader calls that failed, were cancelled, or gave a model that did not fit. */
  loadFailures: number;
  /** Loads not started as the model could not fit. */
  refusals: number;
  /** Models unloaded to make room. */
  evictions: number;
  /** Models unloaded by `sweep`. */
  expirations: number;
  /** Models held: ready ones, and unloaded ones that leases keep. */
  entries: number;
  /** Bytes of `entries`. */
  bytes: number;
  /** Loads in progress. */
  loading: number;
  /** Bytes reserved for them. */
  reservedBytes: number;
  /** Leases out. */
  leases: number;
}

export interface CacheEntryInfo {
  key: string;
  state: "ready" | "loading" | "unloading";
  bytes: number;
  leases: number;
  pinned: boolean;
  /** Since it was last used; 0 while it loads or serves. Only measured where `idleTtlMs` is set. */
  idleMs: number;
}

export interface ModelCache<T extends {}> extends AsyncDisposable {
  /** The value if loaded, else undefined. Counts nothing and leaves the LRU order as it is. */
  peek(key: string): T | undefined;
  /** The value if loaded (a hit), else undefined (counts nothing: `get` follows). */
  getIfLoaded(key: string): T | undefined;
  /**
   * The value itself if loaded; else a promise of it, from one call of `load` however many ask meanwhile.
   * The value may be evicted any time later: to serve with it, use `acquire`.
   *
   * @throws (as rejection) {@link ModelDoesNotFitError}, {@link LoadCancelledError}, or what `load` threw
   */
  get(key: string, load: Loader<T>, options?: LoadOptions): T | Promise<T>;
  /** A lease if loaded (a hit), else undefined (counts nothing). */
  acquireIfLoaded(key: string): Lease<T> | undefined;
  /** As `get`, with a lease taken before anything else can evict the model. */
  acquire(key: string, load: Loader<T>, options?: LoadOptions): Promise<Lease<T>>;
  /** From now on this key is neither evicted nor expired, loaded or not. `unload` and `clear` still take it. */
  pin(key: string): void;
  unpin(key: string): void;
  /**
   * Unloads a model, or cancels its load. No new caller gets it; leases keep it until released.
   * Resolves when it is disposed, or at once where leases keep it; false if there was none.
   */
  unload(key: string): Promise<boolean>;
  /** Unloads what has been idle for `idleTtlMs`; resolves to their keys when they are disposed. */
  sweep(): Promise<string[]>;
  /** Unloads every loaded model; counters stay, and none counts as an eviction. Loads in progress go on. */
  clear(): Promise<void>;
  stats(): CacheStats;
  /** Everything that takes room, least recently used first, loads in progress last. */
  entries(): CacheEntryInfo[];
}
