import { PAGE_SIZE, type RaggedBatch } from "@realizar/tensor";
import { type Random, shuffled } from "./random.ts";

/** Positions [from, to) of one sequence. */
export interface Span {
  /** All tokens of the sequence, by position. */
  readonly tokens: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly pages: Int32Array;
}

/** One step over some spans, each a sequence of its own; `wanted` rows count over all of them, all by default. */
export function batchOf(spans: readonly Span[], wanted?: readonly number[]): RaggedBatch {
  const rows = spans.flatMap(({ tokens, from, to }, sequence) =>
    tokens.slice(from, to).map((token, i) => ({ token, position: from + i, sequence })),
  );
  return {
    tokens: Int32Array.from(rows, ({ token }) => token),
    positions: Int32Array.from(rows, ({ position }) => position),
    sequences: Int32Array.from(rows, ({ sequence }) => sequence),
    pageTables: spans.map(({ pages }) => pages),
    logitRows: Int32Array.from(wanted ?? rows.keys()),
  };
}

/** Disjoint page tables for sequences of some lengths, out of `pool` pages in random order. */
export function pageTables(random: Random, pool: number, lengths: readonly number[]): Int32Array[] {
  const order = shuffled(random, pool);
  let next = 0;
  return lengths.map((length) => {
    const count = Math.ceil(length / PAGE_SIZE);
    next += count;
    if (next > pool) throw new RangeError(`${pool} pages are too few`);
    return order.slice(next - count, next);
  });
}
