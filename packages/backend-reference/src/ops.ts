import { type Ops, type RaggedBatch, ShapeError, type Tensor, type Weight } from "@realizar/tensor";
import type { KvLayer } from "./kv-cache.ts";
import { type Matrix, map, type Values } from "./matrix.ts";
import { activate, gated } from "./ops/activation.ts";
import { attention } from "./ops/attention.ts";
import { pairwise, softcap } from "./ops/elementwise.ts";
import { embed } from "./ops/embed.ts";
import { combine, linearExperts, type Routed, route } from "./ops/experts.ts";
import { linear } from "./ops/linear.ts";
import { layerNorm, rmsNorm } from "./ops/norm.ts";
import { rope } from "./ops/rope.ts";
import { pickRows } from "./ops/rows.ts";

/** The verbs over one batch. Each computes at once; the handles it returns carry their data. */
export function eagerOps(
  batch: RaggedBatch,
  weights: ReadonlyMap<string, Values>,
  cache: readonly KvLayer[],
  round: (value: number) => number,
): Ops {
  let count = 0;
  const keep = (x: Matrix): Matrix => ({ ...(round === identity ? x : map(x, round)), id: count++ });
  const values = (w: Weight): Values => valuesOf(weights, w);
  const some = (w: Weight | undefined): Values | undefined => w && values(w);
  return {
    embed: (w) => keep(embed("embed", values(w), batch.tokens)),
    embedPositions: (w) => keep(embed("embedPositions", values(w), batch.positions)),
    linear: (x, w, bias) => keep(linear(data(x), values(w), some(bias))),
    rmsNorm: (x, w, eps, width) => keep(rmsNorm(data(x), some(w), eps, width)),
    layerNorm: (x, w, bias, eps) => keep(layerNorm(data(x), values(w), some(bias), eps)),
    rope: (x, spec) => keep(rope(data(x), spec, batch.positions)),
    attention: (q, k, v, layer, spec) => {
      const pages = cache[layer];
      if (!pages) throw new ShapeError("attention", `there is no layer ${layer} in the KV cache`);
      return keep(attention(data(q), data(k), data(v), pages, spec, batch, some(spec.sinks)));
    },
    gated: (activation, gate, up) => {
      pairwise("gated", data(gate), data(up), () => 0);
      return keep(gated(activation, data(gate), data(up)));
    },
    activate: (activation, x) => keep(activate(activation, data(x))),
    add: (a, b) => keep(pairwise("add", data(a), data(b), (p, q) => p + q)),
    multiply: (a, b) => keep(pairwise("multiply", data(a), data(b), (p, q) => p * q)),
    scale: (x, factor) => keep(map(data(x), (value) => value * factor)),
    softcap: (x, cap) => keep(map(data(x), (value) => softcap(value, cap))),
    outputRows: (x) => keep(pickRows(data(x), batch.logitRows)),
    route: (logits, spec) => ({ ...route(data(logits), spec), id: count++ }),
    linearExperts: (x, w, routing, bias) =>
      keep(linearExperts(data(x), values(w), routing as Routed, some(bias))),
    combine: (x, routing) => keep(combine(data(x), routing as Routed)),
  };
}

/** No rounding: results stay in f64. */
export const identity = (value: number): number => value;

/** The data behind a handle that these verbs returned. */
export function data(x: Tensor): Matrix {
  return x as Matrix;
}

function valuesOf(weights: ReadonlyMap<string, Values>, w: Weight): Values {
  const values = weights.get(w.name);
  if (!values) throw new ShapeError("weight", `no weight is named "${w.name}"`);
  return values;
}
