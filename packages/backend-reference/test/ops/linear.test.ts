import { expect, test } from "bun:test";
import { embed } from "../../src/ops/embed.ts";
import { linear } from "../../src/ops/linear.ts";
import { pickRows } from "../../src/ops/rows.ts";
import { close, filled, values } from "../filled.ts";

test("linear multiplies rows by rows and adds the bias", () => {
  const w = values([3, 2], [1, 2, 3, 4, 5, 6]);
  close(linear(filled(2, 2, [1, 10, -1, 0.5]), w, values([3], [0, 0, 100])), [21, 43, 165, 0, -1, 98]);
});

test("shapes that do not fit are refused", () => {
  const x = filled(1, 2, [1, 2]);
  expect(() => linear(x, values([1, 3], [1, 2, 3]))).toThrow("x has 2 columns");
  expect(() => linear(x, values([2], [1, 2]))).toThrow("dimensions");
  expect(() => linear(x, values([1, 2], [1, 2]), values([2], [1, 2]))).toThrow("1 rows");
});

test("embed picks rows, and refuses ids outside the table", () => {
  const w = values([3, 2], [1, 2, 3, 4, 5, 6]);
  close(embed("embed", w, Int32Array.of(2, 0, 2)), [5, 6, 1, 2, 5, 6]);
  expect(() => embed("embed", w, Int32Array.of(3))).toThrow("3 is no row");
  expect(() => embed("embed", w, Int32Array.of(-1))).toThrow("-1 is no row");
});

test("pickRows picks rows in order", () => {
  close(pickRows(filled(3, 2, [1, 2, 3, 4, 5, 6]), Int32Array.of(0, 2)), [1, 2, 5, 6]);
});
