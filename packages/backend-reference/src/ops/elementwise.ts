import { ShapeError } from "@realizar/tensor";
import { type Matrix, zip } from "../matrix.ts";

/** cap tanh(x / cap). Gemma 2 report, section 2. */
export function softcap(x: number, cap: number): number {
  return cap * Math.tanh(x / cap);
}

/** f of the elements of two matrices of one shape. */
export function pairwise(op: string, a: Matrix, b: Matrix, f: (a: number, b: number) => number): Matrix {
  if (a.rows !== b.rows || a.columns !== b.columns) {
    throw new ShapeError(op, `[${a.rows}, ${a.columns}] and [${b.rows}, ${b.columns}] differ`);
  }
  return zip(a, b, f);
}
