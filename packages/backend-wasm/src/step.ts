/** A copy between segments, addresses in bytes. */
export interface Copy {
  readonly fromSegment: number;
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** What all threads run in one segment: thread 0 first makes the copies. */
export interface Part {
  readonly segment: number;
  /** Address of the program. */
  readonly program: number;
  readonly copies: readonly Copy[];
}

/** A recorded step, ready to run. */
export interface Step {
  readonly parts: readonly Part[];
  /** Too little work to share: thread 0 does it alone. The bits are the same. */
  readonly alone: boolean;
  /** Where the output is: f32 [rows, columns], rows strideOf(columns) bytes apart. */
  readonly output: {
    readonly segment: number;
    readonly address: number;
    readonly rows: number;
    readonly columns: number;
  };
}
