import { describe, expect, test } from "bun:test";
import {
  type CacheError,
  type CacheEvent,
  CacheOptionError,
  createModelCache,
  InvalidSizeError,
  LoadCancelledError,
  type Loader,
  type LoadProgress,
  type ModelCacheOptions,
  ModelDoesNotFitError,
} from "../src/index.ts";

interface Model {
  name: string;
  bytes: number;
}

function setup(options: Partial<ModelCacheOptions<Model>> = {}) {
  const disposed: string[] = [];
  const events: CacheEvent[] = [];
  const clock = { ms: 1000 };
  const cache = createModelCache<Model>({
    sizeOf: (model) => model.bytes,
    dispose: (model) => void disposed.push(model.name),
    onEvent: (event) => void events.push(event),
    now: () => clock.ms,
    ...options,
  });
  const model =
    (name: string, bytes = 10): Loader<Model> =>
    () => ({ name, bytes });
  const fill = async (...names: string[]) => {
    for (const name of names) await cache.get(name, model(name));
  };
  return { cache, disposed, events, clock, model, fill };
}

async function failure(promise: unknown): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("did not fail");
}

describe("hits and misses", () => {
  test("a hit is synchronous, a miss loads", async () => {
    const { cache, model } = setup();
    const first = cache.get("a", model("a"));
    expect(first).toBeInstanceOf(Promise);
    const value = await first;
    expect(cache.get("a", model("other"))).toBe(value);
    expect(cache.getIfLoaded("a")).toBe(value);
    expect(cache.peek("a")).toBe(value);
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 1, loads: 1, entries: 1, bytes: 10 });
  });

  test("looking for what is not loaded counts nothing", () => {
    const { cache } = setup();
    expect(cache.peek("a")).toBeUndefined();
    expect(cache.getIfLoaded("a")).toBeUndefined();
    expect(cache.acquireIfLoaded("a")).toBeUndefined();
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, hitRate: 0 });
  });

  test("hit rate is a percentage", async () => {
    const { cache, fill } = setup();
    await fill("a", "a", "a", "a");
    expect(cache.stats().hitRate).toBe(75);
  });

  test("one load however many ask", async () => {
    const { cache } = setup();
    let calls = 0;
    const load = async () => {
      calls++;
      await Promise.resolve();
      return { name: "a", bytes: 1 };
    };
    const values = await Promise.all(Array.from({ length: 20 }, () => cache.get("a", load)));
    expect(calls).toBe(1);
    expect(new Set(values).size).toBe(1);
    expect(cache.stats()).toMatchObject({ misses: 20, loads: 1, hits: 0 });
  });

  test("a failed load reaches all who wait, is counted and not cached", async () => {
    const { cache, model, events } = setup();
    const broken = () => {
      throw new Error("no such file");
    };
    const errors = await Promise.all([failure(cache.get("a", broken)), failure(cache.acquire("a", broken))]);
    expect(errors[0]).toBe(errors[1]);
    expect((errors[0] as Error).message).toBe("no such file");
    expect(cache.stats()).toMatchObject({ misses: 2, loads: 1, loadFailures: 1, entries: 0, loading: 0 });
    expect(events.map((event) => event.type)).toEqual(["load-start", "load-failure"]);
    expect(await cache.get("a", model("a"))).toEqual({ name: "a", bytes: 10 });
  });

  test("progress reaches every waiter, late ones the last report too", async () => {
    const { cache, events } = setup();
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const load: Loader<Model> = async ({ progress }) => {
      progress({ loaded: 1, total: 2 });
      started.resolve();
      await gate.promise;
      progress({ loaded: 2, total: 2 });
      return { name: "a", bytes: 1 };
    };
    const seen: [LoadProgress[], LoadProgress[]] = [[], []];
    const first = cache.get("a", load, { onProgress: (progress) => seen[0].push(progress) });
    await started.promise;
    const second = cache.get("a", load, { onProgress: (progress) => seen[1].push(progress) });
    gate.resolve();
    await Promise.all([first, second]);
    expect(seen[0].map((progress) => progress.loaded)).toEqual([1, 2]);
    expect(seen[1]).toEqual(seen[0]);
    expect(events.filter((event) => event.type === "load-progress")).toHaveLength(2);
  });
});

describe("eviction", () => {
  test("by count, least recently used first", async () => {
    const { cache, disposed, fill } = setup({ maxEntries: 2 });
    await fill("a", "b", "a", "c");
    expect(disposed).toEqual(["b"]);
    expect(cache.entries().map((entry) => entry.key)).toEqual(["a", "c"]);
    expect(cache.stats()).toMatchObject({ evictions: 1, entries: 2 });
  });

  test("peek leaves the order as it is", async () => {
    const { cache, disposed, fill } = setup({ maxEntries: 2 });
    await fill("a", "b");
    cache.peek("a");
    await fill("c");
    expect(disposed).toEqual(["a"]);
  });

  test("by bytes: as many as it takes, before the load and after disposal", async () => {
    const order: string[] = [];
    const { cache } = setup({
      maxBytes: 30,
      async dispose(model) {
        await Promise.resolve();
        order.push(`disposed ${model.name}`);
      },
    });
    for (const name of ["a", "b", "c"]) await cache.get(name, () => ({ name, bytes: 10 }));
    const big = () => {
      order.push("load d");
      return { name: "d", bytes: 20 };
    };
    await cache.get("d", big, { estimatedBytes: 20 });
    expect(order).toEqual(["disposed a", "disposed b", "load d"]);
    expect(cache.stats()).toMatchObject({ bytes: 30, evictions: 2 });
  });

  test("a load without an estimate makes its room afterwards", async () => {
    const { cache, disposed, model, fill } = setup({ maxBytes: 30 });
    await fill("a", "b", "c");
    await cache.get("d", model("d", 15));
    expect(disposed).toEqual(["a", "b"]);
    expect(cache.stats().bytes).toBe(25);
  });

  test("what can never fit is refused before the load, with numbers, and evicts nothing", async () => {
    const { cache, disposed, fill } = setup({ maxBytes: 30 });
    await fill("a", "b");
    let called = false;
    const load = () => {
      called = true;
      return { name: "big", bytes: 31 };
    };
    const error = await failure(cache.get("big", load, { estimatedBytes: 31 }));
    expect(error).toBeInstanceOf(ModelDoesNotFitError);
    expect(error).toMatchObject({
      code: "CACHE_MODEL_DOES_NOT_FIT",
      limit: "bytes",
      needed: 31,
      budget: 30,
      held: 20,
      busy: [],
    });
    expect((error as Error).message).toContain("can never fit");
    expect(called).toBe(false);
    expect(disposed).toEqual([]);
    expect(cache.stats()).toMatchObject({ refusals: 1, misses: 3, loads: 2 });
  });

  test("a model that turns out too big is disposed and refused", async () => {
    const { cache, disposed, model, fill } = setup({ maxBytes: 30 });
    await fill("a");
    expect(await failure(cache.get("big", model("big", 40), { estimatedBytes: 5 }))).toBeInstanceOf(
      ModelDoesNotFitError,
    );
    expect(disposed).toEqual(["big"]);
    expect(cache.stats()).toMatchObject({ entries: 1, loadFailures: 1 });
  });

  test("busy models are named: serving, pinned, loading", async () => {
    const { cache, fill, model } = setup({ maxBytes: 40 });
    await fill("a", "b", "idle");
    const lease = cache.acquireIfLoaded("a")!;
    cache.pin("b");
    const gate = Promise.withResolvers<Model>();
    const loading = cache.get("c", () => gate.promise, { estimatedBytes: 10 });
    const error = (await failure(
      cache.get("d", model("d", 20), { estimatedBytes: 20 }),
    )) as ModelDoesNotFitError;
    expect(error.busy).toEqual([
      { key: "b", bytes: 10, state: "pinned" },
      { key: "a", bytes: 10, state: "serving" },
      { key: "c", bytes: 10, state: "loading" },
    ]);
    expect(error.held).toBe(40);
    expect(error.message).toContain('"a" (serving, 10 bytes)');
    expect(cache.peek("idle")).toBeDefined();
    gate.resolve({ name: "c", bytes: 10 });
    await loading;
    lease.release();
    await cache.get("d", model("d", 20), { estimatedBytes: 20 });
    expect(cache.peek("idle")).toBeUndefined();
    expect(cache.peek("b")).toBeDefined();
    cache.unpin("b");
    await cache.get("e", model("e", 30), { estimatedBytes: 30 });
    expect(cache.peek("b")).toBeUndefined();
  });

  test("the count limit has its own numbers", async () => {
    const { cache, fill, model } = setup({ maxEntries: 1 });
    await fill("a");
    using lease = cache.acquireIfLoaded("a")!;
    const error = await failure(cache.get("b", model("b")));
    expect(error).toMatchObject({ limit: "entries", needed: 1, budget: 1, held: 1 });
    expect((error as Error).message).toContain("1 of 1 are taken");
    expect(lease.key).toBe("a");
  });
});

describe("leases", () => {
  test("a leased model is not evicted; release is idempotent", async () => {
    const { cache, disposed, fill, model } = setup({ maxEntries: 2 });
    const lease = await cache.acquire("a", model("a"));
    const second = await cache.acquire("a", model("a"));
    await fill("b", "c", "d");
    expect(disposed).toEqual(["b", "c"]);
    expect(cache.stats().leases).toBe(2);
    lease.release();
    lease.release();
    expect(cache.stats().leases).toBe(1);
    second[Symbol.dispose]();
    await fill("e");
    expect(disposed).toEqual(["b", "c", "a"]);
  });

  test("those who waited hold theirs before anything else runs", async () => {
    const { cache, disposed, model } = setup({ maxEntries: 1 });
    const gate = Promise.withResolvers<Model>();
    const leases = Promise.all([
      cache.acquire("a", () => gate.promise),
      cache.acquire("a", () => gate.promise),
    ]);
    gate.resolve({ name: "a", bytes: 1 });
    const [first, second] = await leases;
    expect(await failure(cache.get("b", model("b")))).toBeInstanceOf(ModelDoesNotFitError);
    first.release();
    expect(cache.stats().leases).toBe(1);
    second.release();
    await cache.get("b", model("b"));
    expect(disposed).toEqual(["a"]);
  });

  test("acquire of what does not fit rejects", async () => {
    const { cache, model } = setup({ maxBytes: 1 });
    expect(await failure(cache.acquire("a", model("a"), { estimatedBytes: 2 }))).toBeInstanceOf(
      ModelDoesNotFitError,
    );
  });
});

describe("unloading", () => {
  test("unload disposes, and says whether there was one", async () => {
    const { cache, disposed, fill, events } = setup();
    await fill("a");
    expect(await cache.unload("a")).toBe(true);
    expect(await cache.unload("a")).toBe(false);
    expect(disposed).toEqual(["a"]);
    expect(events.at(-1)).toEqual({ type: "unload", key: "a", bytes: 10 });
    expect(cache.stats().evictions).toBe(0);
  });

  test("a leased one is kept until released, and new callers load anew", async () => {
    const { cache, disposed, model } = setup({ maxBytes: 20 });
    const lease = await cache.acquire("a", model("old"));
    expect(await cache.unload("a")).toBe(true);
    expect(disposed).toEqual([]);
    expect(cache.peek("a")).toBeUndefined();
    expect(cache.stats()).toMatchObject({ entries: 1, bytes: 10, leases: 1 });
    expect(cache.entries()).toEqual([
      { key: "a", state: "unloading", bytes: 10, leases: 1, pinned: false, idleMs: 0 },
    ]);
    expect((await cache.get("a", model("new"))).name).toBe("new");
    expect(await failure(cache.get("b", model("b", 11), { estimatedBytes: 11 }))).toBeInstanceOf(
      ModelDoesNotFitError,
    );
    lease.release();
    expect(disposed).toEqual(["old"]);
    expect(cache.peek("a")?.name).toBe("new");
  });

  test("unloading what loads cancels it, and its late value is disposed", async () => {
    const { cache, disposed } = setup();
    const gate = Promise.withResolvers<Model>();
    let aborted = false;
    const started = Promise.withResolvers<void>();
    const load: Loader<Model> = ({ signal }) => {
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      started.resolve();
      return gate.promise;
    };
    const waiting = failure(cache.get("a", load));
    await started.promise;
    const unloaded = cache.unload("a");
    expect(aborted).toBe(true);
    expect(cache.stats().loading).toBe(1);
    expect(cache.entries()[0]?.state).toBe("unloading");
    gate.resolve({ name: "late", bytes: 1 });
    expect(await unloaded).toBe(true);
    expect(await waiting).toBeInstanceOf(LoadCancelledError);
    expect(disposed).toEqual(["late"]);
    expect(cache.stats()).toMatchObject({ loading: 0, entries: 0, loadFailures: 1 });
  });

  test("a load cancelled before it began never calls its loader", async () => {
    const { cache } = setup();
    let called = false;
    const waiting = failure(
      cache.get("a", () => {
        called = true;
        return { name: "a", bytes: 1 };
      }),
    );
    expect(await cache.unload("a")).toBe(true);
    expect(await waiting).toBeInstanceOf(LoadCancelledError);
    expect(called).toBe(false);
  });

  test("clear empties, keeps counters, and counts no evictions", async () => {
    const { cache, disposed, fill, model } = setup();
    await fill("a", "b", "a");
    cache.pin("b");
    const lease = await cache.acquire("c", model("c"));
    await cache.clear();
    expect(disposed).toEqual(["b", "a"]);
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 3, evictions: 0, entries: 1 });
    lease.release();
    expect(disposed).toEqual(["b", "a", "c"]);
    expect(cache.stats().entries).toBe(0);
  });

  test("a dispose that fails is reported and holds up nothing", async () => {
    const { cache, fill, events } = setup({
      dispose() {
        throw new Error("stuck");
      },
    });
    await fill("a");
    await cache.unload("a");
    expect(events.at(-1)).toMatchObject({ type: "dispose-failure", key: "a" });
    await fill("a");
    expect(cache.peek("a")).toBeDefined();
  });

  test("leaving the scope cancels loads and disposes models", async () => {
    const { cache, disposed, fill } = setup();
    await fill("a");
    const waiting = failure(
      cache.get(
        "b",
        ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      ),
    );
    await Promise.resolve();
    await cache[Symbol.asyncDispose]();
    expect(await waiting).toBeInstanceOf(LoadCancelledError);
    expect(disposed).toEqual(["a"]);
    expect(cache.entries()).toEqual([]);
  });
});

describe("idle time", () => {
  test("sweep unloads what was idle for the TTL: not the leased, pinned or used", async () => {
    const { cache, disposed, fill, clock, events } = setup({ idleTtlMs: 100 });
    await fill("idle", "used", "leased", "pinned");
    cache.pin("pinned");
    const lease = cache.acquireIfLoaded("leased")!;
    clock.ms += 60;
    cache.getIfLoaded("used");
    clock.ms += 40;
    expect(cache.entries().find((entry) => entry.key === "used")?.idleMs).toBe(40);
    expect(await cache.sweep()).toEqual(["idle"]);
    expect(disposed).toEqual(["idle"]);
    lease.release();
    clock.ms += 99;
    expect(await cache.sweep()).toEqual(["used"]);
    clock.ms += 1;
    expect(await cache.sweep()).toEqual(["leased"]);
    expect(cache.stats()).toMatchObject({ expirations: 3, evictions: 0, entries: 1 });
    expect(events.filter((event) => event.type === "expiry")).toHaveLength(3);
  });

  test("without a TTL a sweep does nothing", async () => {
    const { cache, fill, clock } = setup();
    await fill("a");
    clock.ms = 1e12;
    expect(await cache.sweep()).toEqual([]);
  });
});

describe("entries", () => {
  test("a load in progress is listed with its estimate", async () => {
    const { cache } = setup();
    const gate = Promise.withResolvers<Model>();
    const loading = cache.get("a", () => gate.promise, { estimatedBytes: 7 });
    cache.pin("a");
    expect(cache.entries()).toEqual([
      { key: "a", state: "loading", bytes: 7, leases: 0, pinned: true, idleMs: 0 },
    ]);
    expect(cache.stats()).toMatchObject({ loading: 1, reservedBytes: 7, entries: 0 });
    gate.resolve({ name: "a", bytes: 7 });
    await loading;
  });
});

describe("bad input", () => {
  test.each(["maxBytes", "maxEntries", "idleTtlMs"] as const)("%s must be above 0", (option) => {
    for (const value of [0, -1, Number.NaN])
      expect(() => setup({ [option]: value })).toThrow(CacheOptionError);
  });

  test("sizes that are none", async () => {
    const { cache, model, disposed } = setup();
    for (const size of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      expect(await failure(cache.get("a", model("a"), { estimatedBytes: size }))).toBeInstanceOf(
        InvalidSizeError,
      );
      const error = await failure(cache.get("a", model("a", size)));
      expect(error).toBeInstanceOf(InvalidSizeError);
      expect((error as CacheError).message).toContain("sizeOf");
    }
    expect(disposed).toEqual(["a", "a", "a"]);
  });

  test("the defaults: no limits, a real clock, no events", async () => {
    const cache = createModelCache<Model>({ sizeOf: () => 0, dispose() {}, idleTtlMs: 1e9 });
    await cache.get("a", () => ({ name: "a", bytes: 0 }));
    expect(await cache.sweep()).toEqual([]);
    expect(cache.stats()).toMatchObject({ entries: 1, bytes: 0 });
  });
});
