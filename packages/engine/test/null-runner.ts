import type { ModelRunner, Output, Pooling, RaggedBatch } from "../src/model-runner.ts";

/**
 * A model that computes nothing but depends on everything: the logits of a row are a hash of what all positions up to it
 * left in their slots, read through its page table, and so is its hidden state; an encoder's is one of what all rows of
 * its sequence leave. A wrong table, a page given away too early or written twice changes the answer.
 */
export interface NullRunner extends ModelRunner {
  forward(batch: RaggedBatch, output?: Output): Float32Array;
}

export interface NullRunnerOptions {
  readonly vocabSize?: number;
  readonly contextSize?: number;
  readonly pageCount?: number;
  readonly causal?: boolean;
  readonly pooling?: Pooling;
}

/** Numbers of a hidden state. */
export const NULL_WIDTH = 3;

const mix = (hash: number, value: number): number => {
  const x = Math.imul(hash ^ value, 0x01000193);
  return x ^ (x >>> 13);
};

/** What a position leaves in its slot: as in a layer above the first, it depends on all before it. */
const slotValue = (before: number, token: number, position: number) => mix(mix(before, token), position + 1);

function historyOf(tokens: ArrayLike<number>, length: number): number[] {
  const history: number[] = [];
  for (let p = 0; p < length; p++) history.push(slotValue(history[p - 1] ?? 0, tokens[p]!, p));
  return history;
}

/** What the null model says after `tokens`. [vocabSize] */
export function nullLogits(
  tokens: ArrayLike<number>,
  vocabSize: number,
  length = tokens.length,
): Float32Array {
  return rowOf(historyOf(tokens, length), vocabSize);
}

/** The hidden state of `position`; `causal` or of an encoder. [NULL_WIDTH] */
export function nullHidden(tokens: ArrayLike<number>, position: number, causal = true): Float32Array {
  const history = causal ? historyOf(tokens, position + 1) : [...historyOf(tokens, tokens.length), position];
  return rowOf(history, NULL_WIDTH);
}

function rowOf(history: readonly number[], width: number): Float32Array {
  const hash = history.reduce((folded, value) => mix(folded, value), 0x811c9dc5);
  const row = new Float32Array(width);
  for (let i = 0; i < width; i++) row[i] = ((mix(mix(hash, i), i * 7919) >>> 8) / 2 ** 24) * 8 - 4;
  return row;
}

export function createNullRunner(options: NullRunnerOptions = {}): NullRunner {
  const { vocabSize = 32, contextSize = 256, pageCount = 32, causal = true, pooling } = options;
  const slots = new Int32Array(pageCount * 16).fill(-1);
  return {
    vocabSize,
    contextSize,
    pageSize: 16,
    pageCount,
    embeddingLength: NULL_WIDTH,
    causal,
    pooling,
    forward(batch, output = "logits") {
      if (!causal && output === "logits") throw new Error("an encoder has no logits");
      const slot = (sequence: number, position: number) => {
        const page = batch.pageTables[sequence]![position >> 4];
        if (page === undefined || page < 0 || page >= pageCount)
          throw new Error(`no page for position ${position}`);
        return page * 16 + (position & 15);
      };
      batch.tokens.forEach((token, row) => {
        const sequence = batch.sequences[row]!;
        const position = batch.positions[row]!;
        const before = position === 0 ? 0 : slots[slot(sequence, position - 1)]!;
        slots[slot(sequence, position)] = slotValue(before, token, position);
      });
      const width = output === "logits" ? vocabSize : NULL_WIDTH;
      const rowsOf = new Map<number, number>();
      for (const sequence of batch.sequences) rowsOf.set(sequence, (rowsOf.get(sequence) ?? 0) + 1);
      const out = new Float32Array(batch.logitRows.length * width);
      batch.logitRows.forEach((row, i) => {
        const sequence = batch.sequences[row]!;
        const position = batch.positions[row]!;
        const seen = causal ? position + 1 : rowsOf.get(sequence)!;
        const history = Array.from({ length: seen }, (_, p) => slots[slot(sequence, p)]!);
        out.set(rowOf(causal ? history : [...history, position], width), i * width);
      });
      return out;
    },
  };
}

/** The greedy continuation of a prompt, without pages, steps or batches. */
export function greedyAlone(
  prompt: readonly number[],
  count: number,
  vocabSize: number,
  stop?: number,
): number[] {
  const tokens = [...prompt];
  const made: number[] = [];
  while (made.length < count) {
    const logits = nullLogits(tokens, vocabSize);
    const id = logits.indexOf(Math.max(...logits));
    if (id === stop) break;
    tokens.push(id);
    made.push(id);
  }
  return made;
}
