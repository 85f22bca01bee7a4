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
  /** Rows whose output is wanted, ascending. [m] */
  readonly logitRows: Int32Array;
}

/** What a forward pass gives of a row: logits [vocabSize], or the final hidden state [embeddingLength]. */
export type Output = "logits" | "hidden";

/** How one vector is made of the hidden states of a text: their mean, the first, or the last. */
export type Pooling = "mean" | "cls" | "last";

/** What the engine needs of a loaded model: a forward pass over a pool of KV pages. */
export interface ModelRunner {
  readonly vocabSize: number;
  /** Longest sequence in tokens. */
  readonly contextSize: number;
  readonly pageSize: 16;
  /** Pages of the KV pool. */
  readonly pageCount: number;
  /** Numbers of a hidden state. Without it `forward` is never asked for hidden states. */
  readonly embeddingLength?: number;
  /** How the model's own embeddings are pooled. Default mean. */
  readonly pooling?: Pooling;
  /** Whether a row sees only what lies before it. Default true. False: an encoder, which gives hidden states of whole texts only. */
  readonly causal?: boolean;
  /**
   * Computes the rows, writing their keys and values into their pages. A row may not depend on what else is in the batch.
   * @param output default logits
   * @returns output of the asked rows [m, vocabSize or embeddingLength]; the view is valid until the next call
   * @throws anything; an error with `fatal: true` where no later call can succeed
   */
  forward(batch: RaggedBatch, output?: Output): Float32Array | Promise<Float32Array>;
}
