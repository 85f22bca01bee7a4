import type { Activation, DtypeName, Ops, RopeSpec, Tensor, Weight } from "@realizar/tensor";
import { DTYPES } from "@realizar/tensor";
import { batchOf, pageTables } from "../batches.ts";
import { between, type Random, seeded } from "../random.ts";
import { NO_KV, type Trial, tokensOf, vector, weight } from "./trial.ts";

/** Rows of the table that inputs are drawn from. */
const VOCAB = 19;

type Find = (name: string) => Weight;

/** A program over x [9, columns], whose rows are drawn from a table; all rows but the second are wanted. */
function trial(
  name: string,
  columns: number,
  weights: Trial["weights"],
  run: (ops: Ops, x: Tensor, w: Find) => Tensor,
): Trial {
  const random = seeded(columns);
  const tokens = tokensOf(random, 9, VOCAB);
  const [pages] = pageTables(random, 1, [9]);
  return {
    name,
    weights: [weight(`x${columns}`, [VOCAB, columns]), ...weights],
    kv: NO_KV,
    build: (ops, w) => ops.outputRows(run(ops, ops.embed(w(`x${columns}`)), w)),
    steps: [batchOf([{ tokens, from: 0, to: 9, pages: pages! }], [0, 2, 3, 4, 5, 6, 7, 8])],
  };
}

function linearTrials(random: Random): Trial[] {
  return Array.from({ length: 12 }, () => {
    const columns = between(random, 1, 180);
    const rows = between(random, 1, 70);
    const biased = random() < 0.5;
    return trial(
      `linear [${rows}, ${columns}]${biased ? " with a bias" : ""}`,
      columns,
      [weight("w", [rows, columns]), ...(biased ? [vector("b", [rows])] : [])],
      (ops, x, w) => ops.linear(x, w("w"), biased ? w("b") : undefined),
    );
  });
}

function ropeTrials(): Trial[] {
  const shapes = [
    { headDim: 6, dims: 6, heads: 3, magnitude: 1 },
    { headDim: 16, dims: 8, heads: 2, magnitude: 1.25 },
    { headDim: 64, dims: 64, heads: 1, magnitude: 1 },
    { headDim: 10, dims: 2, heads: 5, magnitude: 0.5 },
  ];
  return shapes.flatMap(({ headDim, dims, heads, magnitude }) =>
    (["interleaved", "halved"] as const).map((pairing) => {
      const frequencies = Float64Array.from({ length: dims / 2 }, (_, i) => 100 ** ((-2 * i) / dims));
      const spec: RopeSpec = { headDim, dims, pairing, frequencies, magnitude };
      return trial(`rope, ${pairing}, ${dims} of ${headDim} turn`, heads * headDim, [], (ops, x) =>
        ops.rope(x, spec),
      );
    }),
  );
}

function activationTrials(): Trial[] {
  const activations: readonly Activation[] = ["silu", "gelu", "gelu_erf", "swiglu_oai"];
  const wide = weight("gate", [37, 21], { deviation: 1.5 });
  return [
    ...activations.map((activation) =>
      trial(`gated ${activation}`, 21, [wide, weight("up", [37, 21])], (ops, x, w) =>
        ops.gated(activation, ops.linear(x, w("gate")), ops.linear(x, w("up"))),
      ),
    ),
    ...activations
      .filter((activation) => activation !== "swiglu_oai")
      .map((activation) =>
        trial(`activate ${activation}`, 21, [wide], (ops, x, w) =>
          ops.activate(activation, ops.linear(x, w("gate"))),
        ),
      ),
  ];
}

function normTrials(): Trial[] {
  return [
    ...[1, 7, 64, 129].map((columns) =>
      trial(`rmsNorm of ${columns}`, columns, [vector("w", [columns])], (ops, x, w) =>
        ops.rmsNorm(x, w("w"), 1e-5),
      ),
    ),
    trial("rmsNorm without a weight", 33, [], (ops, x) => ops.rmsNorm(x, undefined, 1e-6)),
    trial("rmsNorm of heads", 42, [vector("w", [6])], (ops, x, w) => ops.rmsNorm(x, w("w"), 1e-5, 6)),
    trial("layerNorm", 45, [vector("w", [45])], (ops, x, w) => ops.layerNorm(x, w("w"), undefined, 1e-12)),
    trial("layerNorm with a bias", 45, [vector("w", [45]), vector("b", [45])], (ops, x, w) =>
      ops.layerNorm(x, w("w"), w("b"), 1e-5),
    ),
  ];
}

function elementTrials(): Trial[] {
  return [
    trial("embed", 23, [], (_, x) => x),
    trial("embedPositions", 23, [weight("p", [16, 23])], (ops, _, w) => ops.embedPositions(w("p"))),
    trial("add", 23, [weight("w", [23, 23])], (ops, x, w) => ops.add(x, ops.linear(x, w("w")))),
    trial("multiply", 23, [weight("w", [23, 23])], (ops, x, w) => ops.multiply(x, ops.linear(x, w("w")))),
    trial("add of a tensor to itself", 5, [], (ops, x) => ops.add(x, x)),
    trial("scale", 23, [], (ops, x) => ops.scale(x, -1.75)),
    trial("softcap", 23, [], (ops, x) => ops.softcap(ops.scale(x, 40), 30)),
  ];
}

/** Trials of every verb but attention and the experts', in F32. */
export function verbTrials(): Trial[] {
  return [
    ...elementTrials(),
    ...linearTrials(seeded(7)),
    ...normTrials(),
    ...ropeTrials(),
    ...activationTrials(),
  ];
}

/** A product with, and rows of, a weight of each type. */
export function dtypeTrials(
  dtypes: ReadonlySet<DtypeName>,
): { readonly dtype: DtypeName; readonly trial: Trial }[] {
  return [...dtypes].flatMap((dtype) => {
    const columns = DTYPES[dtype].blockLength === 1 ? 77 : 2 * DTYPES[dtype].blockLength;
    const deviation = 1 / Math.sqrt(columns);
    const product = trial(
      `linear of ${dtype}`,
      columns,
      [weight("w", [35, columns], { dtype, deviation })],
      (ops, x, w) => ops.linear(x, w("w")),
    );
    const rows: Trial = {
      ...product,
      name: `embed of ${dtype}`,
      weights: [weight("table", [VOCAB, columns], { dtype })],
      build: (ops, w) => ops.outputRows(ops.embed(w("table"))),
    };
    return [
      { dtype, trial: product },
      { dtype, trial: rows },
    ];
  });
}
