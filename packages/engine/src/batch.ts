import type { RaggedBatch } from "./model-runner.ts";
import { logitRowCount, rowCount, type StepPlan } from "./plan.ts";

/** Turns plans into ragged batches. Arrays of the last batch are reused where their lengths fit: decoding allocates none. */
export function createBatcher(): (plan: StepPlan) => RaggedBatch {
  let tokens = new Int32Array(0);
  let positions = new Int32Array(0);
  let sequences = new Int32Array(0);
  let logitRows = new Int32Array(0);
  return (plan) => {
    const { chunks } = plan;
    const n = rowCount(plan);
    const m = logitRowCount(plan);
    if (tokens.length !== n) {
      tokens = new Int32Array(n);
      positions = new Int32Array(n);
      sequences = new Int32Array(n);
    }
    if (logitRows.length !== m) logitRows = new Int32Array(m);
    let row = 0;
    let logitRow = 0;
    for (let s = 0; s < chunks.length; s++) {
      const chunk = chunks[s]!;
      for (let position = chunk.from; position < chunk.to; position++) {
        tokens[row] = chunk.tokens[position]!;
        positions[row] = position;
        sequences[row] = s;
        if (position >= chunk.logitsFrom) logitRows[logitRow++] = row;
        row++;
      }
    }
    return { tokens, positions, sequences, pageTables: chunks.map((chunk) => chunk.pages), logitRows };
  };
}
