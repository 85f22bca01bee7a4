import type { AttentionSpec, KvType, RaggedBatch } from "@realizar/tensor";
import { batchOf, pageTables } from "../batches.ts";
import { seeded } from "../random.ts";
import { batchesOf, MIXED, PLAN_PAGES } from "./plan.ts";
import { type Trial, tokensOf, vector, weight } from "./trial.ts";

const VOCAB = 29;

/** What an attention trial varies; the rest is plain. */
type Variation = Partial<Omit<AttentionSpec, "sinks">> & { readonly sinks?: boolean; readonly type?: KvType };

/** Two whole texts in one batch, for rows that see all of their sequence. */
function wholeTexts(): RaggedBatch[] {
  const random = seeded(11);
  const lengths = [21, 6];
  const tables = pageTables(random, PLAN_PAGES, lengths);
  return [
    batchOf(
      lengths.map((to, i) => ({ tokens: tokensOf(random, to, VOCAB), from: 0, to, pages: tables[i]! })),
    ),
  ];
}

function attentionTrial(variation: Variation): Trial {
  const { sinks = false, type = "f32", ...rest } = variation;
  const { heads = 4, kvHeads = 2, headDim = 8 } = rest;
  const base: AttentionSpec = {
    heads,
    kvHeads,
    headDim,
    scale: 1 / Math.sqrt(headDim),
    window: 0,
    softcap: 0,
    causal: true,
    ...rest,
  };
  const [q, kv] = [heads * headDim, kvHeads * headDim];
  return {
    name: `attention ${JSON.stringify(variation)}`,
    weights: [
      weight("q", [VOCAB, q]),
      weight("k", [VOCAB, kv]),
      weight("v", [VOCAB, kv]),
      ...(sinks ? [vector("sinks", [heads])] : []),
    ],
    kv: { layers: 2, kvHeads: [kvHeads, kvHeads], headDim: [headDim, headDim], pages: PLAN_PAGES, type },
    build(ops, w) {
      const spec = sinks ? { ...base, sinks: w("sinks") } : base;
      const [k, v] = [ops.embed(w("k")), ops.embed(w("v"))];
      const first = ops.attention(ops.embed(w("q")), k, v, 0, spec);
      return ops.outputRows(ops.attention(ops.add(first, ops.embed(w("q"))), v, k, 1, spec));
    },
    steps: base.causal ? batchesOf(MIXED, VOCAB) : wholeTexts(),
  };
}

/** Groups of 1 to 8 query heads, odd head sizes, windows, caps, sinks and whole texts. */
export function attentionTrials(): Trial[] {
  return [
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((group) => attentionTrial({ heads: 2 * group, kvHeads: 2 })),
    ...[2, 6, 20, 33, 64, 80].map((headDim) => attentionTrial({ headDim })),
    ...[1, 5, 16, 17, 100].map((window) => attentionTrial({ window })),
    attentionTrial({ softcap: 2 }),
    attentionTrial({ sinks: true }),
    attentionTrial({ sinks: true, window: 7, heads: 8, kvHeads: 1, softcap: 5 }),
    attentionTrial({ scale: 0.9 }),
    attentionTrial({ causal: false }),
    attentionTrial({ causal: false, kvHeads: 4, headDim: 6 }),
  ];
}

/** The same over a KV cache of another type. */
export function kvTrials(type: KvType): Trial[] {
  return [
    attentionTrial({ type, headDim: 32 }),
    attentionTrial({ type, headDim: 64, heads: 6, kvHeads: 2, window: 9 }),
    attentionTrial({ type, headDim: 48, kvHeads: 4 }),
    attentionTrial({ type, headDim: 6 }),
  ];
}
