import { expect, test } from "bun:test";
import { layerNorm, rmsNorm } from "../../src/ops/norm.ts";
import { close, filled, values } from "../filled.ts";

test("rmsNorm divides by the root of the mean square and multiplies by the weight", () => {
  // mean of 9 and 16 is 12.5
  const y = rmsNorm(filled(1, 2, [3, 4]), values([2], [1, 10]), 0);
  close(y, [3 / Math.sqrt(12.5), 40 / Math.sqrt(12.5)]);
});

test("rmsNorm adds eps under the root", () => {
  close(rmsNorm(filled(1, 2, [0, 0]), undefined, 4), [0, 0]);
  close(rmsNorm(filled(1, 1, [3]), undefined, 16), [3 / 5]);
});

test("rmsNorm over heads norms each run alone", () => {
  const y = rmsNorm(filled(1, 4, [3, 4, 300, 400]), undefined, 0, 2);
  const unit = [3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5)];
  close(y, [...unit, ...unit]);
});

test("layerNorm centres, divides by the deviation, scales and shifts", () => {
  const y = layerNorm(filled(1, 4, [1, 3, 5, 7]), values([4], [1, 1, 2, 1]), values([4], [0, 0, 0, 5]), 0);
  // mean 4, variance 5
  close(y, [-3 / Math.sqrt(5), -1 / Math.sqrt(5), 2 / Math.sqrt(5), 3 / Math.sqrt(5) + 5]);
});

test("weights of another length are refused", () => {
  expect(() => rmsNorm(filled(1, 2, [1, 2]), values([3], [1, 1, 1]), 0)).toThrow("rmsNorm");
  expect(() => rmsNorm(filled(1, 3, [1, 2, 3]), undefined, 0, 2)).toThrow("no whole number of runs");
  expect(() => layerNorm(filled(1, 2, [1, 2]), values([3], [1, 1, 1]), undefined, 0)).toThrow("layerNorm");
});
