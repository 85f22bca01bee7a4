import type { Activation, Ops, RouteSpec, Tensor, Weight } from "@realizar/tensor";
import type { ExpertsConfig, TransformerConfig } from "../hyperparameters.ts";
import type { WeightTable } from "../weight-table.ts";

/** A gated feed-forward: one for all tokens, or experts that a router chooses. */
export type FeedForwardWeights = DenseWeights | ExpertsWeights;

export interface DenseWeights {
  /** [ffn, dim]. */
  readonly gate: Weight;
  readonly up: Weight;
  /** [dim, ffn]. */
  readonly down: Weight;
  readonly gateBias: Weight | undefined;
  readonly upBias: Weight | undefined;
  readonly downBias: Weight | undefined;
}

export interface ExpertsWeights extends DenseWeights {
  /** [experts, dim]; gate, up and down have the experts before their rows. */
  readonly router: Weight;
  readonly routerBias: Weight | undefined;
  readonly route: RouteSpec;
}

/** Dense: ffn_gate and ffn_up, or both fused by rows as ffn_up. With experts: their tensors. */
export function feedForwardWeights(
  t: WeightTable,
  i: number,
  c: TransformerConfig & { readonly experts?: ExpertsConfig | undefined },
): FeedForwardWeights {
  return c.experts ? expertsWeights(t, i, c, c.experts) : denseWeights(t, i, c);
}

function denseWeights(t: WeightTable, i: number, { dim, ffn }: TransformerConfig): DenseWeights {
  const name = (part: string) => `blk.${i}.ffn_${part}`;
  const fused = !t.has(name("gate.weight")) && t.rows(name("up.weight")) === 2 * ffn;
  const half = (part: "gate" | "up_half", from: number) =>
    t.matrixRows(name(`${part}.weight`), [ffn, dim], { of: name("up.weight"), rows: 2 * ffn, from });
  return {
    gate: fused ? half("gate", 0) : t.matrix(name("gate.weight"), [ffn, dim]),
    up: fused ? half("up_half", ffn) : t.matrix(name("up.weight"), [ffn, dim]),
    down: t.matrix(name("down.weight"), [dim, ffn]),
    gateBias: t.optionalVector(name("gate.bias"), [ffn]),
    upBias: fused ? undefined : t.optionalVector(name("up.bias"), [ffn]),
    downBias: t.optionalVector(name("down.bias"), [dim]),
  };
}

function expertsWeights(
  t: WeightTable,
  i: number,
  { dim }: TransformerConfig,
  { ffn, route }: ExpertsConfig,
): ExpertsWeights {
  const name = (part: string) => `blk.${i}.ffn_${part}`;
  const n = route.experts;
  return {
    route,
    router: t.matrix(name("gate_inp.weight"), [n, dim]),
    routerBias: t.optionalVector(name("gate_inp.bias"), [n]),
    gate: t.matrix(name("gate_exps.weight"), [n, ffn, dim]),
    up: t.matrix(name("up_exps.weight"), [n, ffn, dim]),
    down: t.matrix(name("down_exps.weight"), [n, dim, ffn]),
    gateBias: t.optionalVector(name("gate_exps.bias"), [n, ffn]),
    upBias: t.optionalVector(name("up_exps.bias"), [n, ffn]),
    downBias: t.optionalVector(name("down_exps.bias"), [n, dim]),
  };
}

/** down(act(gate x) * up x): [n, dim] to [n, dim]. */
export function feedForward(ops: Ops, x: Tensor, w: FeedForwardWeights, activation: Activation): Tensor {
  if (!("router" in w)) {
    const gate = ops.linear(x, w.gate, w.gateBias); // [n, ffn]
    const up = ops.linear(x, w.up, w.upBias);
    return ops.linear(ops.gated(activation, gate, up), w.down, w.downBias);
  }
  const routing = ops.route(ops.linear(x, w.router, w.routerBias), w.route);
  const gate = ops.linearExperts(x, w.gate, routing, w.gateBias); // [n * used, ffn]
  const up = ops.linearExperts(x, w.up, routing, w.upBias);
  const down = ops.linearExperts(ops.gated(activation, gate, up), w.down, routing, w.downBias);
  return ops.combine(down, routing);
}
