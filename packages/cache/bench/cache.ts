import { bench, run, summary } from "mitata";
import { createModelCache } from "../src/index.ts";

/** The hit path, with ten models of which the asked one rotates. */
function filled(options: { idleTtlMs?: number }) {
  const cache = createModelCache<{ id: number }>({
    sizeOf: () => 1,
    dispose() {},
    maxBytes: 100,
    ...options,
  });
  const keys = Array.from({ length: 10 }, (_, i) => `org/model-${i}:Q4_K_M`);
  return { cache, keys };
}

const plain = filled({});
const timed = filled({ idleTtlMs: 60_000 });
for (const { cache, keys } of [plain, timed])
  for (const [id, key] of keys.entries()) await cache.get(key, () => ({ id }));
const load = () => ({ id: -1 });

summary(() => {
  for (const [name, { cache, keys }] of Object.entries({ plain, "with idle TTL": timed })) {
    let turn = 0;
    const next = () => keys[turn++ % keys.length]!;
    bench(`peek, ${name}`, () => cache.peek(next()));
    bench(`getIfLoaded, ${name}`, () => cache.getIfLoaded(next()));
    bench(`get, ${name}`, () => cache.get(next(), load));
    bench(`acquireIfLoaded and release, ${name}`, () => cache.acquireIfLoaded(next())?.release());
  }
});
await run();
