import { expect } from "bun:test";
import { type Matrix, matrix, type Values } from "../src/matrix.ts";

/** A matrix of given numbers. */
export function filled(rows: number, columns: number, numbers: readonly number[]): Matrix {
  const x = matrix(rows, columns);
  x.data.set(numbers);
  return x;
}

/** A weight of given numbers. */
export function values(shape: readonly number[], numbers: readonly number[]): Values {
  return { name: "w", shape, data: Float32Array.from(numbers) };
}

/** Equal to 1e-12. */
export function close(x: Matrix, numbers: readonly number[]): void {
  expect(x.data.length).toBe(numbers.length);
  for (const [i, number] of numbers.entries()) expect(x.data[i]).toBeCloseTo(number, 12);
}
