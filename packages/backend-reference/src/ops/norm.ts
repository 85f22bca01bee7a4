import { ShapeError } from "@realizar/tensor";
import { type Matrix, matrix, row, type Values } from "../matrix.ts";

/** x / sqrt(mean(x^2) + eps) * w over each run of `width` columns. Zhang and Sennrich 2019, "RMSNorm". */
export function rmsNorm(x: Matrix, w: Values | undefined, eps: number, width = x.columns): Matrix {
  if (x.columns % width !== 0) {
    throw new ShapeError("rmsNorm", `${x.columns} columns are no whole number of runs of ${width}`);
  }
  if (w && w.data.length !== width) {
    throw new ShapeError("rmsNorm", `${w.name} has ${w.data.length} numbers, the norm is over ${width}`);
  }
  const y = matrix(x.rows, x.columns);
  for (let start = 0; start < x.data.length; start += width) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += x.data[start + i]! ** 2;
    const factor = 1 / Math.sqrt(squares / width + eps);
    for (let i = 0; i < width; i++) y.data[start + i] = x.data[start + i]! * factor * (w?.data[i] ?? 1);
  }
  return y;
}

/** (x - mean) / sqrt(var + eps) * w + bias over each row. Ba et al. 2016, "Layer Normalization". */
export function layerNorm(x: Matrix, w: Values, bias: Values | undefined, eps: number): Matrix {
  for (const vector of bias ? [w, bias] : [w]) {
    if (vector.data.length !== x.columns) {
      throw new ShapeError(
        "layerNorm",
        `${vector.name} has ${vector.data.length} numbers, x ${x.columns} columns`,
      );
    }
  }
  const y = matrix(x.rows, x.columns);
  for (let r = 0; r < x.rows; r++) {
    const values = row(x, r);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const factor = 1 / Math.sqrt(variance + eps);
    for (const [i, value] of values.entries()) {
      y.data[r * x.columns + i] = (value - mean) * factor * w.data[i]! + (bias?.data[i] ?? 0);
    }
  }
  return y;
}
