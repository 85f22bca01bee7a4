import { expect, test } from "bun:test";
import { combine, linearExperts, route } from "../../src/ops/experts.ts";
import { close, filled, values } from "../filled.ts";

const logits = filled(1, 4, [Math.log(1), Math.log(4), Math.log(2), Math.log(3)]);
const routed = (weighting: Parameters<typeof route>[1]["weighting"], scale = 1) =>
  route(logits, { experts: 4, used: 2, weighting, scale });

test("the largest logits are chosen, in their order", () => {
  expect([...routed("softmax").ids]).toEqual([1, 3]);
});

test("weightings", () => {
  const near = (actual: Float64Array, expected: readonly number[]) =>
    expected.map((value, i) => expect(actual[i]).toBeCloseTo(value, 12));
  near(routed("softmax").weights, [0.4, 0.3]);
  near(routed("softmax-normalized").weights, [4 / 7, 3 / 7]);
  near(routed("softmax-chosen", 2).weights, [8 / 7, 6 / 7]);
  // sigmoid(log x) = x / (1 + x): 4/5 and 3/4
  near(routed("sigmoid-normalized").weights, [0.8 / 1.55, 0.75 / 1.55]);
});

test("among equal logits the lower ids are chosen", () => {
  const spec = { experts: 3, used: 2, weighting: "softmax", scale: 1 } as const;
  expect([...route(filled(1, 3, [1, 1, 1]), spec).ids]).toEqual([0, 1]);
});

test("each expert's matrix meets its rows, and combine sums them by weight", () => {
  const w = values([4, 1, 2], [1, 1, 10, 0, 100, 100, 0, 1000]);
  const bias = values([4, 1], [0, 0.5, 0, 0]);
  const routing = routed("softmax");
  const y = linearExperts(filled(1, 2, [2, 3]), w, routing, bias);
  close(y, [20.5, 3000]);
  close(linearExperts(filled(2, 2, [1, 1, 2, 2]), w, routing), [10, 2000]);
  close(combine(y, routing), [0.4 * 20.5 + 0.3 * 3000]);
});

test("shapes that do not fit are refused", () => {
  const routing = routed("softmax");
  const w = values([4, 1, 2], [1, 1, 1, 1, 1, 1, 1, 1]);
  expect(() => route(logits, { experts: 5, used: 1, weighting: "softmax", scale: 1 })).toThrow("4 logits");
  expect(() => linearExperts(filled(3, 2, [1, 1, 1, 1, 1, 1]), w, routing)).toThrow("3 rows");
  expect(() => linearExperts(filled(1, 3, [1, 1, 1]), w, routing)).toThrow("not [4, rows, 3]");
  expect(() => linearExperts(filled(1, 2, [1, 1]), w, routing, values([2], [1, 1]))).toThrow("2 numbers");
  expect(() => combine(filled(1, 2, [1, 1]), routing)).toThrow("1 rows");
});
