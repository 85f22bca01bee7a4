import type { ModelRunner, RaggedBatch } from "../src/model-runner.ts";

/**
 * A model that computes nothing but depends on everything: the logits of a row are a hash of what all positions up to it
 * left in their slots, read through its page table. A wrong table, a page given away too early or written twice changes the answer.
 */
export interface NullRunner extends ModelRunner {
  forward(batch: RaggedBatch): Float32Array;
}

export interface NullRunnerOptions {
  readonly vocabSize?: number;
  readonly contextSize?: number;
  readonly pageCount?: number;
}

const mix = (hash: number, value: number): number => {
  const x = Math.imul(hash ^ value, 0x01000193);
  return x ^ (x >>> 13);
};

/** What a position leaves in its slot: as in a layer above the first, it depends on all before it. */
const slotValue = (before: number, token: number, position: number) => mix(mix(before, token), position + 1);

/** What the null model says after `tokens`. [vocabSize] */
export function nullLogits(
  tokens: ArrayLike<number>,
  vocabSize: number,
  length = tokens.length,
): Float32Array {
  const history: number[] = [];
  for (let p = 0; p < length; p++) history.push(slotValue(history[p - 1] ?? 0, tokens[p]!, p));
  return logitsOf(history, vocabSize);
}

function logitsOf(history: readonly number[], vocabSize: number): Float32Array {
  const hash = history.reduce((folded, value) => mix(folded, value), 0x811c9dc5);
  const logits = new Float32Array(vocabSize);
  for (let id = 0; id < vocabSize; id++)
    logits[id] = ((mix(mix(hash, id), id * 7919) >>> 8) / 2 ** 24) * 8 - 4;
  return logits;
}

export function createNullRunner(options: NullRunnerOptions = {}): NullRunner {
  const { vocabSize = 32, contextSize = 256, pageCount = 32 } = options;
  const slots = new Int32Array(pageCount * 16).fill(-1);
  return {
    vocabSize,
    contextSize,
    pageSize: 16,
    pageCount,
    forward(batch) {
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
      const out = new Float32Array(batch.logitRows.length * vocabSize);
      batch.logitRows.forEach((row, i) => {
        const history = Array.from(
          { length: batch.positions[row]! + 1 },
          (_, position) => slots[slot(batch.sequences[row]!, position)]!,
        );
        out.set(logitsOf(history, vocabSize), i * vocabSize);
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
