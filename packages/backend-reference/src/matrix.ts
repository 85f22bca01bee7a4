import type { Tensor } from "@realizar/tensor";

/** A handle that has its data: row-major [rows, columns]. */
export interface Matrix extends Tensor {
  readonly data: Float64Array;
}

/** A weight in full: row-major over `shape`. */
export interface Values {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A matrix of zeros; `id` is 0 until the step numbers it. */
export function matrix(rows: number, columns: number): Matrix {
  return { id: 0, rows, columns, data: new Float64Array(rows * columns) };
}

/** Row r, as a view. */
export function row(x: Matrix, r: number): Float64Array {
  return x.data.subarray(r * x.columns, (r + 1) * x.columns);
}

/** f(x) of every element. */
export function map(x: Matrix, f: (value: number) => number): Matrix {
  const y = matrix(x.rows, x.columns);
  for (let i = 0; i < y.data.length; i++) y.data[i] = f(x.data[i]!);
  return y;
}

/** f(a, b) of every pair of elements; the shapes are equal. */
export function zip(a: Matrix, b: Matrix, f: (a: number, b: number) => number): Matrix {
  const y = matrix(a.rows, a.columns);
  for (let i = 0; i < y.data.length; i++) y.data[i] = f(a.data[i]!, b.data[i]!);
  return y;
}
