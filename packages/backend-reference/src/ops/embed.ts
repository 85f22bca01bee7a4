import { ShapeError } from "@realizar/tensor";
import { type Matrix, matrix, type Values } from "../matrix.ts";

/** w[index] of each index: [n, columns of w]. */
export function embed(op: string, w: Values, indices: Int32Array): Matrix {
  const [rows = 0, columns = 0] = w.shape;
  const y = matrix(indices.length, columns);
  for (const [r, index] of indices.entries()) {
    if (index < 0 || index >= rows)
      throw new ShapeError(op, `${index} is no row of ${w.name}, which has ${rows}`);
    y.data.set(w.data.subarray(index * columns, (index + 1) * columns), r * columns);
  }
  return y;
}
