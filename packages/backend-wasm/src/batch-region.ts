import { PAGE_SIZE, type RaggedBatch } from "@realizar/tensor";

/** Word offsets of the batch's arrays inside a segment's batch region. */
export interface BatchRegion {
  readonly tokens: number;
  readonly positions: number;
  readonly sequences: number;
  /** [sequences] one past the last position of each. */
  readonly lengths: number;
  readonly outputRows: number;
  /** [sequences] byte address of each page table, then the tables themselves. */
  readonly tables: number;
  readonly tableWords: number;
  readonly words: number;
}

export function batchRegion(maxRows: number, maxOutputRows: number, contextSize: number): BatchRegion {
  const rows = Math.ceil(maxRows / 64) * 64;
  const tables = rows * 4 + Math.ceil(maxOutputRows / 64) * 64;
  const tableWords = rows * (1 + Math.ceil(contextSize / PAGE_SIZE));
  return {
    tokens: 0,
    positions: rows,
    sequences: rows * 2,
    lengths: rows * 3,
    outputRows: rows * 4,
    tables,
    tableWords,
    words: tables + tableWords,
  };
}

/** Writes a batch into `words`, the segment's memory, whose batch region starts at byte `base`. */
export function writeBatch(words: Uint32Array, base: number, region: BatchRegion, batch: RaggedBatch): void {
  const at = base >>> 2;
  words.set(batch.tokens, at + region.tokens);
  words.set(batch.positions, at + region.positions);
  words.set(batch.sequences, at + region.sequences);
  words.set(batch.logitRows, at + region.outputRows);
  const count = batch.pageTables.length;
  const rows = batch.sequences.length;
  for (let r = 0; r < rows; r++) words[at + region.lengths + batch.sequences[r]!] = batch.positions[r]! + 1;
  let next = at + region.tables + count;
  for (let s = 0; s < count; s++) {
    const table = batch.pageTables[s]!;
    words[at + region.tables + s] = next * 4;
    words.set(table, next);
    next += table.length;
  }
}
