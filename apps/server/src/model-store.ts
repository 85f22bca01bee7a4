import { type CacheEvent, type CacheStats, createModelCache, type Lease } from "@realizar/cache";
import { startClock } from "@realizar/engine";
import { HttpError, UnknownModelError } from "./errors.ts";
import type { Limits } from "./options.ts";
import type { FileFacts, ModelOpener, ModelSource, ServedModel } from "./served-model.ts";

export interface ModelInfo {
  readonly id: string;
  readonly path: string;
  readonly format: string;
  readonly loaded: boolean;
  /** In memory where loaded, else of the file. */
  readonly bytes: number;
}

/** What happens to a model, for those who watch. */
export interface ModelEvent {
  readonly id: string;
  readonly status: "loading" | "loaded" | "failed" | "unloaded";
  /** 0 to 1, while loading and where the total is known. */
  readonly progress?: number;
  readonly bytes?: number;
  readonly error?: string;
}

/** A model's file cannot be opened or its weights cannot be used. */
export class ModelLoadError extends HttpError {
  readonly model: string;
  constructor(model: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super("SERVER_MODEL_LOAD_FAILED", 500, `The model ${JSON.stringify(model)} cannot be loaded: ${reason}`, {
      cause,
    });
    this.model = model;
  }
}

/** The models by name. Each is loaded on first use, once however many ask. */
export interface ModelStore {
  readonly sources: readonly ModelSource[];
  /**
   * The source of that name; the first without one.
   * @throws UnknownModelError
   */
  find(id: string | null | undefined): ModelSource;
  /**
   * A claim on the model, loading it where need be. A model whose worker died is loaded anew.
   * @throws UnknownModelError, ModelLoadError, and the cache's errors
   */
  acquire(id: string | null | undefined): Promise<Lease<ServedModel>>;
  /** Loads a model without using it. */
  load(id: string): Promise<void>;
  /** False where it was not loaded. */
  unload(id: string): Promise<boolean>;
  /**
   * From its next release on the model is unloaded once it has been idle for so long, unless it is pinned. Infinity: not
   * by this. What was said before is forgotten.
   */
  keep(id: string, idleMs: number): void;
  /** When `keep` will unload the model, in milliseconds since the epoch; undefined where it will not. */
  expiryOf(id: string): number | undefined;
  /** Loads every pinned model, one after the other. */
  loadPinned(): Promise<void>;
  /** Whether every pinned model has been loaded once. */
  pinnedReady(): boolean;
  list(): Promise<ModelInfo[]>;
  /** The loaded models. */
  loaded(): (readonly [id: string, model: ServedModel])[];
  /** Calls back with every event until the returned function is called. */
  watch(listener: (event: ModelEvent) => void): () => void;
  cacheStats(): CacheStats;
  /** Whether the model takes room in the cache, ready or loading. */
  state(id: string): ModelEvent["status"];
  close(): Promise<void>;
}

/** Shortest time between two looks for idle models. */
const MIN_SWEEP_MS = 1_000;

export function createModelStore(
  sources: readonly ModelSource[],
  opener: ModelOpener,
  limits: Pick<Limits, "modelBytes" | "models" | "modelIdleMs">,
): ModelStore {
  const byId = new Map(sources.map((source) => [source.id, source]));
  const watchers = new Set<(event: ModelEvent) => void>();
  const files = new Map<string, Promise<FileFacts>>();
  let pinnedReady = sources.every(({ pinned }) => !pinned);
  const cache = createModelCache<ServedModel>({
    maxBytes: limits.modelBytes,
    maxEntries: limits.models,
    idleTtlMs: limits.modelIdleMs,
    sizeOf: (model) => model.facts.bytes,
    dispose: (model) => model.close(),
    onEvent: tell,
  });
  for (const source of sources) if (source.pinned) cache.pin(source.id);

  /** What `keep` was told, and the clock that runs while the model is idle. */
  const keeps = new Map<string, { readonly idleMs: number; stop(): void; expiry?: number }>();

  function keep(id: string, idleMs: number): void {
    keeps.get(id)?.stop();
    if (Number.isFinite(idleMs) && !byId.get(id)?.pinned) keeps.set(id, { idleMs, stop: () => {} });
    else keeps.delete(id);
  }

  /** Starts the model's clock anew, where it has one and nobody uses it. */
  function rest(id: string): void {
    const kept = keeps.get(id);
    if (kept === undefined || cache.entries().some(({ key, leases }) => key === id && leases > 0)) return;
    kept.stop();
    const expiry = Date.now() + kept.idleMs;
    const stop = startClock(expiry, () => {
      keeps.delete(id);
      void cache.unload(id);
    });
    keeps.set(id, { idleMs: kept.idleMs, stop, expiry });
  }

  /** A lease during which the model's clock stands still. */
  function held(id: string, lease: Lease<ServedModel>): Lease<ServedModel> {
    const kept = keeps.get(id);
    kept?.stop();
    if (kept !== undefined) keeps.set(id, { idleMs: kept.idleMs, stop: () => {} });
    const release = () => {
      lease.release();
      rest(id);
    };
    return { key: lease.key, value: lease.value, release, [Symbol.dispose]: release };
  }

  const sweeper = Number.isFinite(limits.modelIdleMs)
    ? setInterval(() => void cache.sweep(), Math.max(MIN_SWEEP_MS, limits.modelIdleMs / 4))
    : undefined;

  function tell(event: CacheEvent): void {
    const told = toModelEvent(event);
    if (told !== undefined) for (const listener of watchers) listener(told);
  }

  function find(id: string | null | undefined): ModelSource {
    const source = id === undefined || id === null ? sources[0] : byId.get(id);
    if (source === undefined) throw new UnknownModelError(id ?? "default", [...byId.keys()]);
    return source;
  }

  /** Format and size, read once; a failure is forgotten so that a file may appear later. */
  function describe(source: ModelSource): Promise<FileFacts> {
    let facts = files.get(source.id);
    if (facts === undefined) {
      facts = opener.describe(source);
      files.set(source.id, facts);
      facts.catch(() => files.delete(source.id));
    }
    return facts;
  }

  async function lease(source: ModelSource): Promise<Lease<ServedModel>> {
    const ready = cache.acquireIfLoaded(source.id);
    if (ready !== undefined) return ready;
    let facts: FileFacts;
    try {
      facts = await describe(source);
    } catch (error) {
      throw new ModelLoadError(source.id, error);
    }
    return cache.acquire(
      source.id,
      async ({ signal, progress }) => {
        try {
          return await opener.open(source, { signal, onProgress: progress });
        } catch (error) {
          throw new ModelLoadError(source.id, error);
        }
      },
      { estimatedBytes: facts.bytes },
    );
  }

  async function acquire(id: string | null | undefined): Promise<Lease<ServedModel>> {
    const source = find(id);
    const first = await lease(source);
    if (first.value.failure === undefined) return held(source.id, first);
    first.release();
    if (cache.peek(source.id) === first.value) await cache.unload(source.id);
    return held(source.id, await lease(source));
  }

  async function load(id: string): Promise<void> {
    (await acquire(id)).release();
  }

  async function info(source: ModelSource): Promise<ModelInfo> {
    const model = cache.peek(source.id);
    const { id, path } = source;
    if (model !== undefined) {
      return { id, path, format: model.facts.format, loaded: true, bytes: model.facts.bytes };
    }
    const file = await describe(source).catch((): FileFacts => ({ format: "unknown", bytes: 0 }));
    return { id, path, format: file.format, loaded: false, bytes: file.bytes };
  }

  return {
    sources,
    find,
    acquire,
    load,
    unload: (id) => cache.unload(find(id).id),
    keep,
    expiryOf: (id) => keeps.get(id)?.expiry,
    async loadPinned() {
      for (const source of sources) if (source.pinned) await load(source.id);
      pinnedReady = true;
    },
    pinnedReady: () => pinnedReady,
    list: () => Promise.all(sources.map(info)),
    loaded: () =>
      sources.flatMap(({ id }) => {
        const model = cache.peek(id);
        return model === undefined ? [] : [[id, model] as const];
      }),
    watch(listener) {
      watchers.add(listener);
      return () => void watchers.delete(listener);
    },
    cacheStats: () => cache.stats(),
    state(id) {
      if (cache.peek(id) !== undefined) return "loaded";
      return cache.entries().some((entry) => entry.key === id) ? "loading" : "unloaded";
    },
    async close() {
      clearInterval(sweeper);
      for (const { stop } of keeps.values()) stop();
      await cache[Symbol.asyncDispose]();
    },
  };
}

function toModelEvent(event: CacheEvent): ModelEvent | undefined {
  const id = event.key;
  switch (event.type) {
    case "load-start":
      return { id, status: "loading", progress: 0 };
    case "load-progress": {
      const { loaded, total } = event.progress;
      if (total === undefined || total <= 0) return { id, status: "loading" };
      return { id, status: "loading", progress: Math.min(1, loaded / total) };
    }
    case "load":
      return { id, status: "loaded", bytes: event.bytes };
    case "load-failure":
    case "refusal":
      return { id, status: "failed", error: event.error instanceof Error ? event.error.message : "failed" };
    case "eviction":
    case "expiry":
    case "unload":
      return { id, status: "unloaded", bytes: event.bytes };
    case "dispose-failure":
      return undefined;
  }
}
