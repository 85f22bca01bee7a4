/** Steps that carry prompt rows may take this many times as long as those that carry none. */
const STRETCH = 1.8;
/** Weight of the newest observation in the moving averages. */
const NEWEST = 0.2;
/** Prompt rows beside running streams before anything has been measured, and the least ever given. */
const FIRST_GUESS = 16;
const LEAST = 2;

/** How many prompt rows a step may carry without stalling the streams that run beside it. */
export interface Pacing {
  /** Takes in what a step took: rows of sequences that lacked one position, rows of prompts, milliseconds. */
  observe(singleRows: number, promptRows: number, milliseconds: number): void;
  /** Prompt rows that keep a mixed step within the stretch of one with its `singleRows` alone. */
  promptRows(singleRows: number): number;
}

/** Takes a step's time for that of its first row and so much for each more, and estimates both from measured steps. */
export function createPacing(tokenBudget: number): Pacing {
  let first = 0; // ms of a step of one row
  let row = 0; // ms of one more row
  const average = (old: number, value: number) => (old === 0 ? value : old + NEWEST * (value - old));
  const atLeastZero = (value: number) => Math.max(value, 0);
  return {
    observe(singleRows, promptRows, milliseconds) {
      if (singleRows === 0) row = average(row, milliseconds / promptRows);
      else if (promptRows === 0) first = average(first, atLeastZero(milliseconds - (singleRows - 1) * row));
      else row = average(row, atLeastZero(milliseconds - first) / (singleRows - 1 + promptRows));
    },
    promptRows(singleRows) {
      if (first === 0 || row === 0) return Math.min(FIRST_GUESS, tokenBudget);
      const alone = first + (singleRows - 1) * row;
      const rows = Math.floor(((STRETCH - 1) * alone) / row);
      return Math.max(LEAST, Math.min(rows, tokenBudget));
    },
  };
}
