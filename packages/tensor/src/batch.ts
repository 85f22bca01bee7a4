/** Positions of one KV page. */
export const PAGE_SIZE = 16;

/**
 * What one step computes: rows of several sequences, decode rows and prompt chunks mixed. Rows of one sequence are
 * contiguous and ascend in position by one.
 */
export interface RaggedBatch {
  /** [n] token ids. */
  readonly tokens: Int32Array;
  /** [n] position of each row in its sequence. */
  readonly positions: Int32Array;
  /** [n] index into pageTables. */
  readonly sequences: Int32Array;
  /** Page ids of each sequence: position p lives in page pageTables[s][p >> 4], slot p & 15. */
  readonly pageTables: readonly Int32Array[];
  /** [m] rows whose output is wanted, ascending. */
  readonly logitRows: Int32Array;
}
