/** What does the model cache cost on its hot paths? `bun bench/cache.ts` */
import { createModelCache } from "@realizar/cache";
import { type Bench, report } from "./report.ts";

const KEYS = Array.from({ length: 10 }, (_, i) => `org/model-${i}:Q4_K_M`);
const load = () => ({ id: 0 });

const benches: Bench[] = [];
for (const [name, options] of Object.entries({ plain: {}, "with idle TTL": { idleTtlMs: 60_000 } })) {
  const cache = createModelCache<{ id: number }>({
    sizeOf: () => 1,
    dispose() {},
    maxBytes: KEYS.length,
    ...options,
  });
  for (const key of KEYS) await cache.get(key, load);
  let turn = 0;
  const next = () => KEYS[turn++ % KEYS.length]!;
  let fresh = 0;
  benches.push(
    { name: `peek, ${name}`, run: () => cache.peek(next()) },
    { name: `getIfLoaded, ${name}`, run: () => cache.getIfLoaded(next()) },
    { name: `get, ${name}`, run: () => cache.get(next(), load) },
    { name: `acquire and release, ${name}`, run: () => cache.acquireIfLoaded(next())?.release() },
    { name: `stats, ${name}`, run: () => cache.stats() },
    { name: `miss, load and eviction, ${name}`, run: () => cache.get(`fresh-${fresh++}`, load) },
  );
}
await report("the model cache", benches);
