import { ShapeError } from "@realizar/tensor";
import { type Matrix, matrix, row, type Values } from "../matrix.ts";

/** x w^T + bias: [n, rows of w]. */
export function linear(x: Matrix, w: Values, bias?: Values): Matrix {
  const [rows = 0, columns = 0] = w.shape;
  if (w.shape.length !== 2)
    throw new ShapeError("linear", `${w.name} has ${w.shape.length} dimensions, not 2`);
  if (x.columns !== columns) {
    throw new ShapeError("linear", `x has ${x.columns} columns but ${w.name} has ${columns}`);
  }
  if (bias && bias.data.length !== rows) {
    throw new ShapeError(
      "linear",
      `${bias.name} has ${bias.data.length} numbers but ${w.name} has ${rows} rows`,
    );
  }
  const y = matrix(x.rows, rows);
  for (let r = 0; r < x.rows; r++) {
    for (let o = 0; o < rows; o++) {
      y.data[r * rows + o] = dot(row(x, r), w.data, o * columns) + (bias?.data[o] ?? 0);
    }
  }
  return y;
}

/** x w[offset, offset + length of x), summed from the left. */
export function dot(x: Float64Array, w: Float32Array, offset: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * w[offset + i]!;
  return sum;
}
