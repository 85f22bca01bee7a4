import type { DtypeName } from "./dtypes.ts";

/** An f32 matrix that a step computes. A handle: it has no data. */
export interface Tensor {
  readonly id: number;
  readonly rows: number;
  readonly columns: number;
}

/** A weight of a loaded model. A handle. */
export interface Weight {
  readonly name: string;
  readonly dtype: DtypeName;
  /** Row-major: [columns], [rows, columns] or [experts, rows, columns]. */
  readonly shape: readonly number[];
}
