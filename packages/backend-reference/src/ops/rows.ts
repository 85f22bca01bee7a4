import { type Matrix, matrix, row } from "../matrix.ts";

/** The named rows of x: [m, columns]. */
export function pickRows(x: Matrix, rows: Int32Array): Matrix {
  const y = matrix(rows.length, x.columns);
  for (const [i, r] of rows.entries()) y.data.set(row(x, r), i * x.columns);
  return y;
}
