/**
 * The suites of the Rust original (realizar 0.2: benches/inference.rs, cache.rs, tensor_ops.rs), like for like: vocabulary
 * 100, hidden 32, 2 layers, 1 head, FFN 64. Here it is a true LLaMA with random F32 weights (rotary, causal attention with
 * a KV cache, gated FFN), there a simpler model without either. Published figures: its CHANGELOG and README; the
 * machine they were measured on was not recorded. `bun bench/tiny-model.ts`
 */
import { createModelCache } from "@realizar/cache";
import { type GgufMetadata, type GgufTensorSource, type GgufValue, writeGgufBytes } from "@realizar/gguf";
import { load, type OpenModel, openModel } from "@realizar/llm";
import { createCoin, createSampler, GREEDY, type SamplingParams } from "@realizar/sampling";
import { type Bench, report } from "./report.ts";

const VOCAB = 100;
const DIM = 32;
const LAYERS = 2;
const FFN = 64;
const CONTEXT = 64;
const PROMPT = [1, 5, 10];

const US = 1e3;
const MS = 1e6;

/** The model's file. */
function tinyFile(): Promise<Uint8Array<ArrayBuffer>> {
  let state = 1;
  // Numerical Recipes' linear congruential generator; weights in -0.25 .. 0.25.
  const weight = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) / 2;
  };
  const tensor = (name: string, ...shape: number[]): GgufTensorSource => {
    const count = shape.reduce((a, b) => a * b, 1);
    const one = shape.length === 1;
    const floats = Float32Array.from({ length: count }, () => (one ? 1 : weight()));
    return { name, type: "F32", shape, data: () => new Uint8Array(floats.buffer) };
  };
  const figure = (value: number): GgufValue => ({ type: "uint32", value });
  const metadata: GgufMetadata = new Map<string, GgufValue>([
    ["general.architecture", { type: "string", value: "llama" }],
    ["llama.context_length", figure(CONTEXT)],
    ["llama.embedding_length", figure(DIM)],
    ["llama.block_count", figure(LAYERS)],
    ["llama.feed_forward_length", figure(FFN)],
    ["llama.attention.head_count", figure(1)],
    ["llama.attention.layer_norm_rms_epsilon", { type: "float32", value: Math.fround(1e-5) }],
    ["tokenizer.ggml.model", { type: "string", value: "llama" }],
    [
      "tokenizer.ggml.tokens",
      {
        type: "array",
        elementType: "string",
        value: Array.from({ length: VOCAB }, (_, i) => (i === 0 ? "<unk>" : `token${i}`)),
      },
    ],
    ["tokenizer.ggml.scores", { type: "array", elementType: "float32", value: new Float32Array(VOCAB) }],
    [
      "tokenizer.ggml.token_type",
      {
        type: "array",
        elementType: "int32",
        value: Int32Array.from({ length: VOCAB }, (_, i) => (i === 0 ? 2 : 1)),
      },
    ],
  ]);
  const layer = (i: number) => [
    tensor(`blk.${i}.attn_norm.weight`, DIM),
    ...["q", "k", "v", "output"].map((part) => tensor(`blk.${i}.attn_${part}.weight`, DIM, DIM)),
    tensor(`blk.${i}.ffn_norm.weight`, DIM),
    tensor(`blk.${i}.ffn_gate.weight`, FFN, DIM),
    tensor(`blk.${i}.ffn_up.weight`, FFN, DIM),
    tensor(`blk.${i}.ffn_down.weight`, DIM, FFN),
  ];
  const tensors = [
    tensor("token_embd.weight", VOCAB, DIM),
    ...Array.from({ length: LAYERS }, (_, i) => layer(i)).flat(),
    tensor("output_norm.weight", DIM),
    tensor("output.weight", VOCAB, DIM),
  ];
  return writeGgufBytes({ metadata, tensors });
}

const PAGES = [Int32Array.from({ length: CONTEXT / 16 }, (_, i) => i)];

/** Logits of every row, as the original computes them. */
function forward({ runner }: OpenModel, tokens: Int32Array, at: number, logitRows: Int32Array): Float32Array {
  const positions = Int32Array.from(tokens, (_, i) => at + i);
  const sequences = new Int32Array(tokens.length);
  return runner.forward({ tokens, positions, sequences, pageTables: PAGES, logitRows }) as Float32Array;
}

const STRATEGIES: Readonly<Record<string, SamplingParams>> = {
  greedy: GREEDY,
  "top-k 5": { ...GREEDY, temperature: 1, topK: 5, seed: 42 },
  "top-k 50": { ...GREEDY, temperature: 1, topK: 50, seed: 42 },
  "top-p 0.9": { ...GREEDY, temperature: 1, topP: 0.9, seed: 42 },
  "top-p 0.95": { ...GREEDY, temperature: 1, topP: 0.95, seed: 42 },
};

const sampler = createSampler(VOCAB);

/** The prompt and `count` tokens: all ids. */
function generate(model: OpenModel, count: number, params: SamplingParams): number[] {
  const ids = [...PROMPT];
  const coin = createCoin(params.seed);
  let logits = forward(model, Int32Array.from(PROMPT), 0, Int32Array.of(PROMPT.length - 1));
  for (let i = 0; i < count; i++) {
    const id = sampler.sample(logits, params, ids, coin);
    ids.push(id);
    if (i < count - 1) logits = forward(model, Int32Array.of(id), ids.length - 1, Int32Array.of(0));
  }
  return ids;
}

const bytes = await tinyFile();
const options = { threads: 1, contextSize: CONTEXT } as const;
const model = await openModel(bytes, options);
const llm = await load(bytes, options);

const FORWARD = { 1: 17.5 * US, 5: undefined, 10: undefined, 20: 480 * US } as const;
const GENERATED = { 1: 61 * US, 5: 504 * US, 10: 1.54 * MS, 20: 5.52 * MS } as const;
const SAMPLED: Readonly<Record<string, number>> = { "top-k 5": 503 * US, "top-p 0.9": 500 * US };

const forwards = Object.entries(FORWARD).map(([length, published]): Bench => {
  const tokens = Int32Array.from({ length: Number(length) }, (_, i) => i);
  const rows = tokens.slice();
  return { name: `forward of ${length} tokens`, run: () => forward(model, tokens, 0, rows), published };
});

const generations = Object.entries(GENERATED).map(
  ([count, published]): Bench => ({
    name: `generate ${count}, greedy`,
    run: () => generate(model, Number(count), GREEDY),
    published,
  }),
);

const sampled = Object.entries(STRATEGIES).flatMap(([name, params]): Bench[] => [
  { name: `generate 5, ${name}`, run: () => generate(model, 5, params), published: SAMPLED[name] },
  { name: `generate 10, ${name}`, run: () => generate(model, 10, params) },
]);

/** Through scheduler, sampler, decoder and stream, as a user asks for it; all `count` tokens must come. */
async function stream(prompt: readonly number[], count: number): Promise<void> {
  let tokens = 0;
  // The original has no end of a text: neither does this, or less would be measured.
  for await (const { tokenId } of llm.generate(prompt, { maxTokens: count, temperature: 0, ignoreEos: true }))
    if (tokenId >= 0) tokens++;
  if (tokens !== count) throw new Error(`asked for ${count} tokens, got ${tokens}`);
}

const streamed = Object.entries(GENERATED).map(
  ([count, published]): Bench => ({
    name: `generate ${count}, greedy, streamed by the engine`,
    run: () => stream(PROMPT, Number(count)),
    published,
  }),
);

/** `count` prompts of 3 tokens, 5 tokens each: one after another there, one batch here. */
const batches = [1, 2, 4, 8, 16].map((count): Bench => {
  const published = { 1: 0.6, 2: 1.3, 4: 2.5, 8: 5.1 }[count];
  const prompts = Array.from({ length: count }, (_, i) => [1, 5, 10].map((id) => id + (i % 10)));
  return {
    name: `generate 5 for ${count} prompts together`,
    run: () => Promise.all(prompts.map((prompt) => stream(prompt, 5))),
    published: published && published * MS,
  };
});

function newCache(maxEntries: number) {
  return createModelCache<OpenModel>({
    maxEntries,
    sizeOf: ({ bytes: size }) => size,
    dispose: (loaded) => loaded.close(),
  });
}

const loadTiny = () => openModel(bytes, options);
const hot = newCache(10);
await hot.get("model", loadTiny);
await hot.get("other", loadTiny);
await hot.get("model", loadTiny);
/** Names as requests bring them: equal, and not the same string. */
const names = ["model", JSON.parse('"model"') as string];
const both = ["model", "other"];
let asked = 0;
const cold = newCache(10);
let key = 0;

const caching: Bench[] = [
  { name: "cache hit", run: () => hot.getIfLoaded(names[asked++ & 1]!), published: 40 },
  { name: "cache hit, two models in turn", run: () => hot.getIfLoaded(both[asked++ & 1]!) },
  { name: "cache hit, as a promise", run: () => hot.get("model", loadTiny), published: 40 },
  {
    name: "cache miss, model built and loaded",
    run: () => cold.get(`model-${key++}`, loadTiny),
    published: 14 * US,
  },
  ...[2, 5, 10].map(
    (capacity): Bench => ({
      name: `cache of ${capacity}: ${capacity + 5} models, 5 evicted`,
      run: async () => {
        const cache = createModelCache<{ id: number }>({
          maxEntries: capacity,
          sizeOf: () => 1,
          dispose() {},
        });
        for (let id = 0; id < capacity + 5; id++) await cache.get(`model-${id}`, () => ({ id }));
      },
    }),
  ),
  {
    name: "cache hit by 4 concurrent users",
    run: () => Promise.all([0, 1, 2, 3].map(() => hot.get("model", loadTiny))),
    published: 94 * US,
  },
  { name: "cache metrics", run: () => hot.stats(), published: 4.6 },
];

/** A tensor made of its numbers: data and shape are copied, as there. */
const creations = [10, 100, 1000, 10_000].map((size): Bench => {
  const data = Float32Array.from({ length: size }, (_, i) => i);
  const shape = [size];
  const published = { 10: 18, 10000: 643 }[size];
  return {
    name: `tensor of ${size} numbers`,
    run: () => ({ shape: [...shape], data: data.slice() }),
    published,
  };
});

await report("the original's suites", [
  ...forwards,
  ...generations,
  ...sampled,
  ...streamed,
  ...batches,
  ...caching,
  ...creations,
]);
await llm.close();
process.exit();
