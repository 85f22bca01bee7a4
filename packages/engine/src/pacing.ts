/** Steps that carry prompt rows may take this many times as long as those that carry none. */
const STRETCH = 2.2;
/** Weight of the newest observation in the moving averages. */
const NEWEST = 0.2;
/** Prompt rows beside running streams before anything has been measured, and the least ever given. */
const FIRST_GUESS = 16;
const LEAST = 2;

/** How many prompt rows a step may carry without stalling the streams that run beside it. */
export interface Pacing {
  /** Takes in what a step took: rows of sequences that lacked one position, rows of prompts, milliseconds. */
  observe(singleRows: number, promptRows: number, milliseconds: number): void;
  /** Prompt rows that keep a mixed step within the stretch. */
  promptRows(): number;
}

/** Estimates the cost of a step without prompt rows and of one more prompt row from measured steps. */
export function createPacing(tokenBudget: number): Pacing {
  let step = 0; // ms of a step without prompt rows
  let row = 0; // ms of one more prompt row
  const average = (old: number, value: number) => (old === 0 ? value : old + NEWEST * (value - old));
  return {
    observe(singleRows, promptRows, milliseconds) {
      if (promptRows === 0) step = average(step, milliseconds);
      else if (singleRows === 0) row = average(row, milliseconds / promptRows);
      else row = average(row, Math.max(milliseconds - step, 0) / promptRows);
    },
    promptRows() {
      if (step === 0 || row === 0) return Math.min(FIRST_GUESS, tokenBudget);
      const rows = Math.floor(((STRETCH - 1) * step) / row);
      return Math.max(LEAST, Math.min(rows, tokenBudget));
    },
  };
}
