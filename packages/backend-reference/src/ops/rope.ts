import { type RopeSpec, ShapeError } from "@realizar/tensor";
import { type Matrix, matrix } from "../matrix.ts";

/** Turns each head of [n, heads * headDim] by position * frequency. Su et al. 2021, "RoFormer". */
export function rope(x: Matrix, spec: RopeSpec, positions: Int32Array): Matrix {
  const { headDim, dims, pairing, frequencies, magnitude } = spec;
  if (x.columns % headDim !== 0)
    throw new ShapeError("rope", `${x.columns} columns are no heads of ${headDim}`);
  if (dims > headDim || dims % 2 !== 0 || frequencies.length !== dims / 2) {
    throw new ShapeError("rope", `${dims} numbers of ${headDim} turn with ${frequencies.length} frequencies`);
  }
  const y = matrix(x.rows, x.columns);
  y.data.set(x.data);
  for (let start = 0; start < x.data.length; start += headDim) {
    const position = positions[Math.floor(start / x.columns)]!;
    for (const [i, frequency] of frequencies.entries()) {
      const first = start + (pairing === "interleaved" ? 2 * i : i);
      const second = pairing === "interleaved" ? first + 1 : first + dims / 2;
      const cos = Math.cos(position * frequency) * magnitude;
      const sin = Math.sin(position * frequency) * magnitude;
      const a = x.data[first]!;
      const b = x.data[second]!;
      y.data[first] = a * cos - b * sin;
      y.data[second] = a * sin + b * cos;
    }
  }
  return y;
}
