/** Tokens a KV page holds. */
export const PAGE_SIZE = 16;

/**
 * One ragged batch: rows of several sequences, decode rows and prompt chunks mixed. Rows of one sequence are contiguous
 * and ascend in position. All arrays are valid until the next call of `forward`.
 */
export interface RaggedBatch {
  /** Token ids. [n] */
  readonly tokens: Int32Array;
  /** Position of each row in its sequence. [n] */
  readonly positions: Int32Array;
  /** Index of each row's sequence in `pageTables`. [n] */
  readonly sequences: Int32Array;
  /** Page ids of each sequence in the batch: position p lives in pageTables[s][p >> 4], slot p & 15. */
  readonly pageTables: readonly Int32Array[];
  /** Rows whose logits are wanted, ascending. [m] */
  readonly logitRows: Int32Array;
}

/** What the engine needs of a loaded model: a forward pass over a pool of KV pages. */
export interface ModelRunner {
  readonly vocabSize: number;
  /** Longest sequence in tokens. */
  readonly contextSize: number;
  readonly pageSize: 16;
  /** Pages of the KV pool. */
  readonly pageCount: number;
  /**
   * Computes the rows, writing their keys and values into their pages. A row may not depend on what else is in the batch.
   * @returns logits of the asked rows [m, vocabSize]; the view is valid until the next call
   */
  forward(batch: RaggedBatch): Float32Array | Promise<Float32Array>;
}
