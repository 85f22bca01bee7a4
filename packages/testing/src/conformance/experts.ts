import type { RouteSpec } from "@realizar/tensor";
import { batchOf } from "../batches.ts";
import { seeded } from "../random.ts";
import { NO_KV, type Trial, tokensOf, vector, weight } from "./trial.ts";

const VOCAB = 13;
const COLUMNS = 22;
const FFN = 35;

/** A router over x, then experts that widen each token's row and narrow each expert's row again. */
function expertsTrial(spec: RouteSpec, biased: boolean): Trial {
  const { experts } = spec;
  const tokens = tokensOf(seeded(experts), 8, VOCAB);
  return {
    name: `${spec.used} of ${experts} experts, ${spec.weighting}${biased ? ", biases" : ""}`,
    weights: [
      weight("x", [VOCAB, COLUMNS]),
      weight("router", [experts, COLUMNS]),
      weight("up", [experts, FFN, COLUMNS], { deviation: 0.2 }),
      weight("down", [experts, COLUMNS, FFN], { deviation: 0.2 }),
      ...(biased ? [vector("upBias", [experts, FFN]), vector("downBias", [experts, COLUMNS])] : []),
    ],
    kv: NO_KV,
    build(ops, w) {
      const bias = (name: string) => (biased ? w(name) : undefined);
      const x = ops.embed(w("x"));
      const routing = ops.route(ops.linear(x, w("router")), spec);
      const up = ops.activate("silu", ops.linearExperts(x, w("up"), routing, bias("upBias")));
      const down = ops.linearExperts(up, w("down"), routing, bias("downBias"));
      return ops.outputRows(ops.combine(down, routing));
    },
    steps: [batchOf([{ tokens, from: 0, to: 8, pages: Int32Array.of(0) }])],
  };
}

/** Equal logits: the lower ids are chosen. */
function tieTrial(): Trial {
  const spec: RouteSpec = { experts: 6, used: 2, weighting: "softmax-normalized", scale: 1 };
  const zeros = new Uint8Array(6 * COLUMNS * 4);
  return {
    ...expertsTrial(spec, false),
    name: "equal logits choose the lower ids",
    weights: expertsTrial(spec, false).weights.map((source) =>
      source.name === "router"
        ? {
            ...source,
            readInto: (dst: Uint8Array, at: number) => dst.set(zeros.subarray(at, at + dst.length)),
          }
        : source,
    ),
  };
}

/** Every weighting, with one, some and all experts used. */
export function expertTrials(): Trial[] {
  const weightings = ["softmax", "softmax-normalized", "softmax-chosen", "sigmoid-normalized"] as const;
  return [
    ...weightings.flatMap((weighting) => [
      expertsTrial({ experts: 4, used: 2, weighting, scale: 1 }, false),
      expertsTrial({ experts: 7, used: 3, weighting, scale: 2.5 }, true),
    ]),
    expertsTrial({ experts: 5, used: 1, weighting: "softmax-normalized", scale: 1 }, false),
    expertsTrial({ experts: 3, used: 3, weighting: "softmax", scale: 1 }, true),
    tieTrial(),
  ];
}
