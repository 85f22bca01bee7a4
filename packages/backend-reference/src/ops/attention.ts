import { type AttentionSpec, PAGE_SIZE, type RaggedBatch, ShapeError } from "@realizar/tensor";
import type { KvLayer } from "../kv-cache.ts";
import { type Matrix, matrix, row, type Values } from "../matrix.ts";
import { softcap } from "./elementwise.ts";

/**
 * Stores k and v in the pages of the batch, then softmax(scale q k^T) v of each row and head. Query head h reads KV
 * head floor(h / (heads / kvHeads)). Vaswani et al. 2017; grouped heads: Ainslie et al. 2023.
 */
export function attention(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  cache: KvLayer,
  spec: AttentionSpec,
  batch: RaggedBatch,
  sinks?: Values,
): Matrix {
  const { heads, kvHeads, headDim } = spec;
  checkShapes(q, k, v, cache, spec, sinks);
  const slots = batch.positions.map((position, r) => slotOf(batch, batch.sequences[r]!, position));
  for (const [r, slot] of slots.entries()) cache.store(slot, row(k, r), row(v, r));

  const y = matrix(q.rows, heads * headDim);
  for (let r = 0; r < q.rows; r++) {
    const sequence = batch.sequences[r]!;
    const position = batch.positions[r]!;
    const last = spec.causal ? position : lastPosition(batch, sequence);
    const first = spec.window > 0 ? Math.max(0, position - spec.window + 1) : 0;
    const seen: number[] = [];
    for (let p = first; p <= last; p++) seen.push(slotOf(batch, sequence, p));
    for (let h = 0; h < heads; h++) {
      const query = row(q, r).subarray(h * headDim, (h + 1) * headDim);
      const kvHead = Math.floor(h / (heads / kvHeads));
      const scores = seen.map((slot) => {
        const score = spec.scale * dot(query, cache.key(slot, kvHead));
        return spec.softcap > 0 ? softcap(score, spec.softcap) : score;
      });
      const weights = softmax(scores, sinks?.data[h]);
      const out = row(y, r).subarray(h * headDim, (h + 1) * headDim);
      for (const [i, slot] of seen.entries()) {
        const value = cache.value(slot, kvHead);
        for (let d = 0; d < headDim; d++) out[d]! += weights[i]! * value[d]!;
      }
    }
  }
  return y;
}

/** exp(x - max) / sum; a sink is one more logit of the sum, without a value. */
export function softmax(logits: readonly number[], sink?: number): number[] {
  const max = logits.reduce((a, b) => Math.max(a, b), sink ?? Number.NEGATIVE_INFINITY);
  const exps = logits.map((logit) => Math.exp(logit - max));
  const sum = exps.reduce((a, b) => a + b, sink === undefined ? 0 : Math.exp(sink - max));
  return exps.map((value) => value / sum);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Where a position of a sequence lies in the pools. */
function slotOf(batch: RaggedBatch, sequence: number, position: number): number {
  const page = batch.pageTables[sequence]?.[Math.floor(position / PAGE_SIZE)];
  if (page === undefined) {
    throw new ShapeError("attention", `sequence ${sequence} has no page for position ${position}`);
  }
  return page * PAGE_SIZE + (position % PAGE_SIZE);
}

function lastPosition(batch: RaggedBatch, sequence: number): number {
  return batch.positions.reduce(
    (last, position, r) => (batch.sequences[r] === sequence ? Math.max(last, position) : last),
    0,
  );
}

function checkShapes(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  cache: KvLayer,
  spec: AttentionSpec,
  sinks: Values | undefined,
): void {
  const { heads, kvHeads, headDim } = spec;
  const wrong = (what: string) => new ShapeError("attention", what);
  if (heads % kvHeads !== 0) throw wrong(`${heads} heads share ${kvHeads} KV heads unevenly`);
  if (kvHeads !== cache.kvHeads || headDim !== cache.headDim) {
    throw wrong(`${kvHeads} KV heads of ${headDim}, the cache has ${cache.kvHeads} of ${cache.headDim}`);
  }
  if (q.columns !== heads * headDim) throw wrong(`q has ${q.columns} columns, not ${heads} * ${headDim}`);
  for (const x of [k, v]) {
    if (x.columns !== kvHeads * headDim)
      throw wrong(`k or v has ${x.columns} columns, not ${kvHeads} * ${headDim}`);
  }
  if (sinks && sinks.data.length !== heads) throw wrong(`${sinks.data.length} sinks for ${heads} heads`);
}
