import type { RaggedBatch } from "@realizar/tensor";
import { batchOf, pageTables } from "../batches.ts";
import { seeded } from "../random.ts";
import { tokensOf } from "./trial.ts";

/** Positions [from, to) of a sequence. */
export type PlannedSpan = readonly [sequence: number, from: number, to: number];

export interface PlannedStep {
  readonly spans: readonly PlannedSpan[];
  /** Rows whose output is wanted, over all spans. Default: all. */
  readonly wanted?: readonly number[];
}

/** Positions of each sequence. */
const LENGTHS = [37, 1, 20];

/** Pages that the plans need. */
export const PLAN_PAGES = 12;

/** Prompts in chunks, then single rows, together and apart. */
export const MIXED: readonly PlannedStep[] = [
  { spans: [[0, 0, 17]] },
  {
    spans: [
      [2, 0, 9],
      [0, 17, 18],
      [1, 0, 1],
    ],
  },
  {
    spans: [
      [0, 18, 35],
      [2, 9, 19],
    ],
    wanted: [0, 16, 26],
  },
  {
    spans: [
      [2, 19, 20],
      [0, 35, 37],
    ],
  },
];

/** Each sequence whole, all in one step. */
export const WHOLE: readonly PlannedStep[] = [{ spans: LENGTHS.map((length, i) => [i, 0, length]) }];

/** The steps of one sequence of a plan, without the others. */
export function onlySequence(plan: readonly PlannedStep[], sequence: number): PlannedStep[] {
  return plan
    .map(({ spans }) => ({ spans: spans.filter(([s]) => s === sequence) }))
    .filter(({ spans }) => spans.length > 0);
}

/** A plan's batches over seeded sequences, their pages in an order that `pageSeed` decides. */
export function batchesOf(plan: readonly PlannedStep[], vocab: number, pageSeed = 3): RaggedBatch[] {
  const random = seeded(1);
  const tokens = LENGTHS.map((length) => tokensOf(random, length, vocab));
  const tables = pageTables(seeded(pageSeed), PLAN_PAGES, LENGTHS);
  return plan.map(({ spans, wanted }) =>
    batchOf(
      spans.map(([s, from, to]) => ({ tokens: tokens[s]!, from, to, pages: tables[s]! })),
      wanted,
    ),
  );
}

/** The wanted rows of a plan's outputs, by "sequence:position". */
export function rowsOf(
  plan: readonly PlannedStep[],
  outputs: readonly Float32Array[],
  columns: number,
): Map<string, Float32Array> {
  const rows = new Map<string, Float32Array>();
  for (const [s, { spans, wanted }] of plan.entries()) {
    const names = spans.flatMap(([sequence, from, to]) =>
      Array.from({ length: to - from }, (_, i) => `${sequence}:${from + i}`),
    );
    for (const [i, r] of (wanted ?? [...names.keys()]).entries()) {
      rows.set(names[r]!, outputs[s]!.subarray(i * columns, (i + 1) * columns));
    }
  }
  return rows;
}
