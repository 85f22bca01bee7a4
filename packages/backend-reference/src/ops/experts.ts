import { type RouteSpec, type Routing, ShapeError } from "@realizar/tensor";
import { type Matrix, matrix, row, type Values } from "../matrix.ts";
import { softmax } from "./attention.ts";
import { dot } from "./linear.ts";

/** A routing that has its data: `used` expert ids and weights a row. */
export interface Routed extends Routing {
  readonly ids: Int32Array;
  readonly weights: Float64Array;
}

/** The `used` largest logits of each row, the lower id first among equals, and their weights. */
export function route(logits: Matrix, spec: RouteSpec): Routed {
  const { experts, used } = spec;
  if (logits.columns !== experts || used < 1 || used > experts) {
    throw new ShapeError("route", `${logits.columns} logits for ${used} of ${experts} experts`);
  }
  const ids = new Int32Array(logits.rows * used);
  const weights = new Float64Array(logits.rows * used);
  for (let r = 0; r < logits.rows; r++) {
    const values = [...row(logits, r)];
    const order = values.map((_, id) => id).sort((a, b) => values[b]! - values[a]! || a - b);
    const chosen = order.slice(0, used);
    ids.set(chosen, r * used);
    weights.set(
      WEIGHTINGS[spec.weighting](values, chosen).map((weight) => weight * spec.scale),
      r * used,
    );
  }
  return { id: 0, rows: logits.rows, spec, ids, weights };
}

type Weighting = (logits: readonly number[], chosen: readonly number[]) => number[];

const WEIGHTINGS: Readonly<Record<RouteSpec["weighting"], Weighting>> = {
  softmax: (logits, chosen) => pick(softmax(logits), chosen),
  "softmax-normalized": (logits, chosen) => normalized(pick(softmax(logits), chosen)),
  "softmax-chosen": (logits, chosen) => softmax(pick(logits, chosen)),
  "sigmoid-normalized": (logits, chosen) =>
    normalized(pick(logits, chosen).map((logit) => 1 / (1 + Math.exp(-logit)))),
};

function pick(values: readonly number[], indices: readonly number[]): number[] {
  return indices.map((index) => values[index]!);
}

function normalized(weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Row i of x, or row i / used where x has a row a token, times the matrix of expert i: [n * used, rows of w]. */
export function linearExperts(x: Matrix, w: Values, routing: Routed, bias?: Values): Matrix {
  const { used, experts } = routing.spec;
  const [count = 0, rows = 0, columns = 0] = w.shape;
  const perToken = x.rows === routing.rows ? used : 1;
  if (x.rows * perToken !== routing.ids.length) {
    throw new ShapeError("linearExperts", `${x.rows} rows for ${routing.rows} * ${used} experts`);
  }
  if (w.shape.length !== 3 || count !== experts || columns !== x.columns) {
    throw new ShapeError("linearExperts", `${w.name} is [${w.shape}], not [${experts}, rows, ${x.columns}]`);
  }
  if (bias && bias.data.length !== experts * rows) {
    throw new ShapeError(
      "linearExperts",
      `${bias.name} has ${bias.data.length} numbers, not ${experts} * ${rows}`,
    );
  }
  const y = matrix(routing.ids.length, rows);
  for (const [i, expert] of routing.ids.entries()) {
    const input = row(x, Math.floor(i / perToken));
    for (let o = 0; o < rows; o++) {
      const product = dot(input, w.data, (expert * rows + o) * columns);
      y.data[i * rows + o] = product + (bias?.data[expert * rows + o] ?? 0);
    }
  }
  return y;
}

/** Weighted sums of each token's experts: [n * used, columns] to [n, columns]. */
export function combine(x: Matrix, routing: Routed): Matrix {
  const { used } = routing.spec;
  if (x.rows !== routing.ids.length) {
    throw new ShapeError("combine", `${x.rows} rows for ${routing.rows} * ${used} experts`);
  }
  const y = matrix(routing.rows, x.columns);
  for (let i = 0; i < x.rows; i++) {
    const sum = row(y, Math.floor(i / used));
    for (const [c, value] of row(x, i).entries()) sum[c]! += routing.weights[i]! * value;
  }
  return y;
}
