import type { Output } from "./model-runner.ts";

/** What one step computes. Plain data: survives structuredClone, prints well. */
export interface StepPlan {
  /** What all its wanted rows give. */
  readonly output: Output;
  readonly chunks: readonly PlannedChunk[];
}

/** A run of positions of one sequence. */
export interface PlannedChunk {
  /** Id of the sequence. */
  readonly sequence: number;
  /** Positions [from, to) are computed. */
  readonly from: number;
  readonly to: number;
  /** The sequence's tokens so far; at least `to` of them. Not a copy. */
  readonly tokens: readonly number[];
  /** Page of position p: pages[p >> 4]. At least ceil(to / 16) of them. Not a copy. */
  readonly pages: Int32Array;
  /** Outputs are wanted of positions [logitsFrom, to); `to` where none are. */
  readonly logitsFrom: number;
  /** Whether the logits of position to - 1 are for choosing the next token. */
  readonly samples: boolean;
}

/** Rows of a plan. */
export function rowCount(plan: StepPlan): number {
  let rows = 0;
  for (const chunk of plan.chunks) rows += chunk.to - chunk.from;
  return rows;
}

/** Rows of a plan whose output is wanted. */
export function logitRowCount(plan: StepPlan): number {
  let rows = 0;
  for (const chunk of plan.chunks) rows += chunk.to - chunk.logitsFrom;
  return rows;
}
