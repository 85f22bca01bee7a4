/** Models loaded on demand within bounds. bun examples/model_cache.ts MODEL */
import { cacheKeyFromConfig, createModelCache } from "@realizar/cache";
import { type OpenModel, openModel } from "@realizar/llm";

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error("usage: bun examples/model_cache.ts MODEL");
  process.exit(2);
}

await using cache = createModelCache<OpenModel>({
  maxEntries: 2,
  sizeOf: (model) => model.bytes,
  dispose: (model) => model.close(),
  onEvent: (event) => {
    if (event.type === "load" || event.type === "eviction") console.log(`  ${event.type} of ${event.key}`);
  },
});

/** The same file with different contexts: different models as far as memory goes. */
async function use(contextSize: number): Promise<void> {
  const key = `${path}, context ${contextSize}`;
  const loaded = cache.peek(key) !== undefined;
  console.log(`context ${contextSize}: ${loaded ? "hit" : "miss"}`);
  // A lease keeps the model from being evicted while it serves.
  using lease = await cache.acquire(key, () => openModel(path!, { contextSize, threads: 1 }));
  console.log(`  ${lease.value.bytes.toLocaleString("en-US")} bytes`);
}

await use(16);
await use(32);
await use(16);
await use(48); // room for two: the one of 32, unused for longest, goes
await use(32);

const { hits, misses, evictions, hitRate } = cache.stats();
console.log(`${hits} hits, ${misses} misses, ${evictions} evictions, hit rate ${hitRate.toFixed(1)} %`);
console.log(
  `a key from a configuration: ${cacheKeyFromConfig({ vocabSize: 100, hiddenDim: 32, numHeads: 2, numLayers: 4, intermediateDim: 64 })}`,
);
