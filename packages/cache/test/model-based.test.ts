import { expect, test } from "bun:test";
import fc from "fast-check";
import { CacheError, createModelCache, type Lease } from "../src/index.ts";

/** One loader call: decides when and how it ends. */
interface Load {
  key: string;
  end: PromiseWithResolvers<Model>;
  bytes: number;
}

interface Model {
  id: number;
  key: string;
  bytes: number;
  disposals: number;
}

const keys = ["a", "b", "c", "d"] as const;
const key = fc.constantFrom(...keys);
const op = fc.oneof(
  fc.record({ type: fc.constant("get" as const), key, estimate: fc.nat(40), bytes: fc.nat(40) }),
  fc.record({ type: fc.constant("acquire" as const), key, estimate: fc.nat(40), bytes: fc.nat(40) }),
  fc.record({ type: fc.constant("finish" as const), nth: fc.nat(5), fails: fc.boolean() }),
  fc.record({ type: fc.constant("release" as const), nth: fc.nat(5) }),
  fc.record({ type: fc.constantFrom("pin" as const, "unpin" as const, "unload" as const), key }),
  fc.record({ type: fc.constantFrom("clear" as const, "sweep" as const) }),
  fc.record({ type: fc.constant("wait" as const), ms: fc.nat(60) }),
);
const limits = fc.record({
  maxBytes: fc.integer({ min: 1, max: 100 }),
  maxEntries: fc.integer({ min: 1, max: 4 }),
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("whatever is asked in whatever order, the promises hold", async () => {
  await fc.assert(
    fc.asyncProperty(limits, fc.array(op, { maxLength: 40 }), async (limits, ops) => {
      const clock = { ms: 0 };
      const models: Model[] = [];
      const loads: Load[] = [];
      const leases: Lease<Model>[] = [];
      const counted = { accesses: 0, failures: 0, loaderCalls: 0, refused: 0 };
      const pins = new Set<string>();
      const pending: Promise<unknown>[] = [];

      const cache = createModelCache<Model>({
        ...limits,
        idleTtlMs: 50,
        now: () => clock.ms,
        sizeOf: (model) => model.bytes,
        async dispose(model) {
          model.disposals++;
          expect(leases.some((lease) => lease.value === model)).toBe(false);
          await turn();
        },
        onEvent(event) {
          if (event.type === "eviction" || event.type === "expiry") expect(pins.has(event.key)).toBe(false);
          if (event.type === "dispose-failure") throw event.error;
          if (event.type === "refusal") counted.refused++;
        },
      });

      const loaderOf = (key: string, bytes: number) => () => {
        counted.loaderCalls++;
        const load: Load = { key, bytes, end: Promise.withResolvers<Model>() };
        loads.push(load);
        return load.end.promise;
      };
      const expectKnownFailure = (error: unknown) => {
        const known = error instanceof CacheError || (error as Error).message === "broken";
        if (!known) throw error;
      };
      const finish = (load: Load, fails: boolean) => {
        if (fails) return load.end.reject(new Error("broken"));
        const model = { id: models.length, key: load.key, bytes: load.bytes, disposals: 0 };
        models.push(model);
        load.end.resolve(model);
      };

      for (const step of ops) {
        if (step.type === "get") {
          counted.accesses++;
          const loaded = cache.peek(step.key);
          const got = cache.get(step.key, loaderOf(step.key, step.bytes), { estimatedBytes: step.estimate });
          if (loaded !== undefined) expect(got).toBe(loaded);
          else pending.push((got as Promise<Model>).catch(expectKnownFailure));
        } else if (step.type === "acquire") {
          counted.accesses++;
          const lease = cache.acquire(step.key, loaderOf(step.key, step.bytes), {
            estimatedBytes: step.estimate,
          });
          pending.push(lease.then((lease) => leases.push(lease), expectKnownFailure));
        } else if (step.type === "finish" && loads.length > 0) {
          finish(loads.splice(step.nth % loads.length, 1)[0]!, step.fails);
        } else if (step.type === "release" && leases.length > 0) {
          leases.splice(step.nth % leases.length, 1)[0]!.release();
        } else if (step.type === "pin") {
          pins.add(step.key);
          cache.pin(step.key);
        } else if (step.type === "unpin") {
          pins.delete(step.key);
          cache.unpin(step.key);
        } else if (step.type === "unload") pending.push(cache.unload(step.key));
        else if (step.type === "clear") pending.push(cache.clear());
        else if (step.type === "sweep") pending.push(cache.sweep());
        else if (step.type === "wait") clock.ms += step.ms;
        await turn();
        await turn();

        const stats = cache.stats();
        expect(stats.bytes + stats.reservedBytes).toBeLessThanOrEqual(limits.maxBytes);
        expect(stats.entries + stats.loading).toBeLessThanOrEqual(limits.maxEntries);
        expect(stats.hits + stats.misses).toBe(counted.accesses);
        expect(stats.refusals).toBe(counted.refused);
        expect(stats.leases).toBe(leases.length);
        expect(stats.entries).toBe(models.filter((model) => model.disposals === 0).length);
        expect(leases.every((lease) => lease.value.disposals === 0)).toBe(true);
        const loading = cache.entries().filter((entry) => entry.state === "loading");
        expect(new Set(loading.map((entry) => entry.key)).size).toBe(loading.length);
      }

      const closing = cache[Symbol.asyncDispose]();
      await turn();
      for (const load of loads) finish(load, false);
      await closing;
      await Promise.all(pending);
      for (const lease of leases.splice(0)) lease.release();
      await turn();
      expect(models.every((model) => model.disposals === 1)).toBe(true);
      const stats = cache.stats();
      expect(stats).toMatchObject({ entries: 0, bytes: 0, loading: 0, reservedBytes: 0, leases: 0 });
      expect(counted.loaderCalls).toBeLessThanOrEqual(stats.loads);
      expect(stats.loads - stats.loadFailures).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 150 },
  );
});

test("for any mix of askers there is one loader call a key", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 30 }), async (asked) => {
      const calls = new Map<string, number>();
      const cache = createModelCache<{ key: string }>({ sizeOf: () => 1, dispose() {} });
      const values = await Promise.all(
        asked.map((key) =>
          cache.get(key, async () => {
            calls.set(key, (calls.get(key) ?? 0) + 1);
            await turn();
            return { key };
          }),
        ),
      );
      expect(values.map((value) => value.key)).toEqual(asked);
      expect([...calls.values()].every((count) => count === 1)).toBe(true);
      expect(cache.stats()).toMatchObject({ loads: new Set(asked).size, misses: asked.length });
    }),
    { numRuns: 50 },
  );
});
