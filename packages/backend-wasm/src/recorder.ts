import { attentionScratchBytes, LINEAR_SCRATCH_BYTES } from "@realizar/kernels";
import {
  type Activation,
  type AttentionSpec,
  DTYPES,
  type DtypeName,
  type Ops,
  type RopeSpec,
  type RouteSpec,
  type Routing,
  ShapeError,
  type Tensor,
  type Weight,
} from "@realizar/tensor";
import { createActivations } from "./activations.ts";
import type { Buffer } from "./arena.ts";
import { aligned } from "./memory.ts";
import { type Recording, strideOf } from "./recording.ts";
import { createTape, place } from "./tape.ts";

const GATES: Record<Activation, number> = { silu: 0, gelu: 1, gelu_erf: 2, swiglu_oai: 3 };

const WEIGHTINGS: Record<RouteSpec["weighting"], number> = {
  softmax: 0,
  "softmax-normalized": 1,
  "softmax-chosen": 2,
  "sigmoid-normalized": 3,
};

export interface RecorderOptions {
  readonly rows: number;
  readonly outputRows: number;
  segmentOfWeight(name: string): number;
  segmentOfLayer(layer: number): number;
  /** The kernels' number of the KV cache's type. */
  readonly kvType: number;
  /** Bytes of 16 packed rows (kernels' group_bytes). */
  groupBytes(dtype: DtypeName, columns: number): number;
  /** Groups of rows that one token's products read in turn. */
  readonly streams: number;
}

/** Records a forward pass: the verbs push commands and give back handles. */
export function record(options: RecorderOptions, build: (ops: Ops) => Tensor): Recording {
  const tape = createTape();
  const { allocate, push, tensor, known, moved, read } = tape;
  const activation = createActivations(tape);
  const ropes: { segment: number; spec: RopeSpec }[] = [];
  const routings: { ids: Buffer; weights: Buffer }[] = [];
  let scratchBytes = LINEAR_SCRATCH_BYTES;
  let products = 0;
  let vocabSize = Number.POSITIVE_INFINITY;

  const vectors = (x: Tensor): number => (x.rows * strideOf(x.columns)) / 16;
  const same = (op: string, a: Tensor, b: Tensor) => {
    if (a.rows !== b.rows || a.columns !== b.columns) {
      throw new ShapeError(op, `[${a.rows}, ${a.columns}] and [${b.rows}, ${b.columns}] differ`);
    }
  };

  const matrix = (op: string, w: Weight, columns: number) => {
    const [rows, width] = [w.shape.at(-2) ?? 0, w.shape.at(-1) ?? 0];
    if (width !== columns) throw new ShapeError(op, `"${w.name}" has ${width} columns, its input ${columns}`);
    return { rows, groups: Math.ceil(rows / 16), groupBytes: options.groupBytes(w.dtype, width) };
  };

  const embedRows = (w: Weight, array: "tokens" | "positions"): Tensor => {
    const segment = options.segmentOfWeight(w.name);
    const columns = w.shape.at(-1) ?? 0;
    if (array === "tokens") vocabSize = Math.min(vocabSize, w.shape[0] ?? 0);
    const out = tensor(segment, options.rows, columns);
    push(segment, "embed", {
      out: place(out.buffer),
      outStride: strideOf(columns),
      weight: { in: "weight", weight: w },
      groupBytes: options.groupBytes(w.dtype, columns),
      type: DTYPES[w.dtype].id,
      columns,
      indices: { in: "batch", array },
      count: options.rows,
      scratch: { in: "scratch" },
    });
    return out;
  };
  const binary = (op: "add" | "multiply", a: Tensor, b: Tensor): Tensor => {
    same(op, a, b);
    const segment = known(op, a).buffer.segment;
    const from = { a: read(op, a, segment), b: read(op, b, segment) };
    const out = tensor(segment, a.rows, a.columns);
    push(segment, op, { out: place(out.buffer), ...from, vectors: vectors(a) });
    return out;
  };

  const ops: Ops = {
    embed: (w) => embedRows(w, "tokens"),
    embedPositions: (w) => embedRows(w, "positions"),
    linear(x, w, bias) {
      const segment = options.segmentOfWeight(w.name);
      const { rows, groups, groupBytes } = matrix("linear", w, x.columns);
      const form = activation(x, w, segment);
      let out = tensor(segment, x.rows, rows);
      products += x.rows * rows * x.columns;
      push(segment, "linear", {
        out: place(out.buffer),
        outStride: strideOf(rows),
        weight: { in: "weight", weight: w },
        groupBytes,
        type: DTYPES[w.dtype].id,
        groups,
        columns: x.columns,
        ...form,
        tokens: x.rows,
        streams: options.streams,
        scratch: { in: "scratch" },
      });
      if (bias !== undefined) {
        const from = out;
        out = tensor(segment, x.rows, rows);
        push(segment, "addBias", {
          out: place(out.buffer),
          x: place(from.buffer),
          bias: { in: "weight", weight: bias },
          rows: x.rows,
          columns: rows,
          stride: strideOf(rows),
        });
      }
      return out;
    },
    rmsNorm(x, w, eps, width = x.columns) {
      if (x.columns % width !== 0)
        throw new ShapeError("rmsNorm", `${x.columns} columns are no whole number of runs of ${width}`);
      if (w !== undefined && w.shape.at(-1) !== width)
        throw new ShapeError("rmsNorm", `"${w.name}" has ${w.shape.at(-1)} numbers, not ${width}`);
      const segment = w === undefined ? known("rmsNorm", x).buffer.segment : options.segmentOfWeight(w.name);
      const from = read("rmsNorm", x, segment);
      const out = tensor(segment, x.rows, x.columns);
      push(segment, "rmsNorm", {
        out: place(out.buffer),
        x: from,
        weight: w === undefined ? 0 : { in: "weight", weight: w },
        rows: x.rows,
        columns: x.columns,
        width,
        stride: strideOf(x.columns),
        epsF: eps,
      });
      return out;
    },
    layerNorm(x, w, bias, eps) {
      const segment = options.segmentOfWeight(w.name);
      const from = read("layerNorm", x, segment);
      const out = tensor(segment, x.rows, x.columns);
      push(segment, "layerNorm", {
        out: place(out.buffer),
        x: from,
        weight: { in: "weight", weight: w },
        bias: bias === undefined ? 0 : { in: "weight", weight: bias },
        rows: x.rows,
        columns: x.columns,
        stride: strideOf(x.columns),
        epsF: eps,
      });
      return out;
    },
    rope(x, spec) {
      if (x.columns % spec.headDim !== 0)
        throw new ShapeError("rope", `${x.columns} columns are no whole number of heads of ${spec.headDim}`);
      const { segment } = known("rope", x).buffer;
      ropes.push({ segment, spec });
      const out = tensor(segment, x.rows, x.columns);
      push(segment, "rope", {
        out: place(out.buffer),
        x: read("rope", x, segment),
        table: { in: "rope", spec },
        positions: { in: "batch", array: "positions" },
        rows: x.rows,
        heads: x.columns / spec.headDim,
        headDim: spec.headDim,
        dims: spec.dims,
        halved: spec.pairing === "halved" ? 1 : 0,
        stride: strideOf(x.columns),
      });
      return out;
    },
    attention(q, k, v, layer, spec: AttentionSpec) {
      same("attention", k, v);
      if (q.columns !== spec.heads * spec.headDim || k.columns !== spec.kvHeads * spec.headDim) {
        throw new ShapeError(
          "attention",
          `q has ${q.columns} columns and k ${k.columns} for ${spec.heads} and ${spec.kvHeads} heads of ${spec.headDim}`,
        );
      }
      const segment = options.segmentOfLayer(layer);
      const scratch = aligned(attentionScratchBytes(options.kvType, spec.heads, spec.kvHeads, spec.headDim));
      scratchBytes = Math.max(scratchBytes, scratch);
      const pages = { keys: { in: "keys", layer }, values: { in: "values", layer } } as const;
      const where = {
        positions: { in: "batch", array: "positions" },
        sequences: { in: "batch", array: "sequences" },
        tables: { in: "batch", array: "tables" },
      } as const;
      const heads = { rows: q.rows, kvHeads: spec.kvHeads, headDim: spec.headDim, type: options.kvType };
      push(segment, "kvStore", {
        k: read("attention", k, segment),
        v: read("attention", v, segment),
        stride: strideOf(k.columns),
        ...pages,
        ...where,
        ...heads,
      });
      const from = read("attention", q, segment);
      const out = tensor(segment, q.rows, q.columns);
      push(segment, "attention", {
        out: place(out.buffer),
        q: from,
        stride: strideOf(q.columns),
        ...pages,
        ...where,
        lengths: spec.causal ? 0 : { in: "batch", array: "lengths" },
        sinks: spec.sinks === undefined ? 0 : { in: "weight", weight: spec.sinks },
        ...heads,
        heads: spec.heads,
        scaleF: spec.scale,
        window: spec.window,
        capF: spec.softcap,
        scratch: { in: "scratch" },
        scratchBytes: scratch,
      });
      return out;
    },
    gated(kind, gate, up) {
      same("gated", gate, up);
      const { segment } = known("gated", gate).buffer;
      const from = { gate: read("gated", gate, segment), up: read("gated", up, segment) };
      const out = tensor(segment, gate.rows, gate.columns);
      push(segment, "gated", { out: place(out.buffer), ...from, kind: GATES[kind], vectors: vectors(gate) });
      return out;
    },
    activate(kind, x) {
      const { segment } = known("activate", x).buffer;
      const out = tensor(segment, x.rows, x.columns);
      push(segment, "gated", {
        out: place(out.buffer),
        gate: read("activate", x, segment),
        up: 0,
        kind: GATES[kind],
        vectors: vectors(x),
      });
      return out;
    },
    add: (a, b) => binary("add", a, b),
    multiply: (a, b) => binary("multiply", a, b),
    scale(x, factor) {
      const { segment } = known("scale", x).buffer;
      const out = tensor(segment, x.rows, x.columns);
      push(segment, "scale", {
        out: place(out.buffer),
        x: read("scale", x, segment),
        factorF: factor,
        vectors: vectors(x),
      });
      return out;
    },
    softcap(x, cap) {
      const { segment } = known("softcap", x).buffer;
      const out = tensor(segment, x.rows, x.columns);
      push(segment, "softcap", {
        out: place(out.buffer),
        x: read("softcap", x, segment),
        capF: cap,
        vectors: vectors(x),
      });
      return out;
    },
    outputRows(x) {
      const { segment } = known("outputRows", x).buffer;
      const out = tensor(segment, options.outputRows, x.columns);
      push(segment, "rows", {
        out: place(out.buffer),
        x: read("outputRows", x, segment),
        indices: { in: "batch", array: "outputRows" },
        count: options.outputRows,
        stride: strideOf(x.columns),
      });
      return out;
    },
    route(logits, spec) {
      if (logits.columns !== spec.experts || spec.used > spec.experts) {
        throw new ShapeError("route", `${logits.columns} logits for ${spec.used} of ${spec.experts} experts`);
      }
      const { segment } = known("route", logits).buffer;
      const ids = allocate(segment, logits.rows * spec.used * 4);
      const weights = allocate(segment, logits.rows * spec.used * 4);
      push(segment, "route", {
        ids: place(ids),
        weights: place(weights),
        logits: read("route", logits, segment),
        stride: strideOf(logits.columns),
        rows: logits.rows,
        experts: spec.experts,
        k: spec.used,
        mode: WEIGHTINGS[spec.weighting],
        scaleF: spec.scale,
      });
      routings.push({ ids, weights });
      return { id: routings.length - 1, rows: logits.rows, spec };
    },
    linearExperts(x, w, routing: Routing, bias) {
      const segment = options.segmentOfWeight(w.name);
      const { rows, groups, groupBytes } = matrix("linearExperts", w, x.columns);
      const count = routing.rows * routing.spec.used;
      const share = x.rows === count ? 1 : routing.spec.used;
      if (x.rows * share !== count)
        throw new ShapeError("linearExperts", `${x.rows} rows for ${routing.rows} routed ones`);
      const form = activation(x, w, segment);
      const ids = moved(routings[routing.id]!.ids, segment);
      let out = tensor(segment, count, rows);
      products += count * rows * x.columns;
      push(segment, "linearExperts", {
        out: place(out.buffer),
        outStride: strideOf(rows),
        weight: { in: "weight", weight: w },
        groupBytes,
        type: DTYPES[w.dtype].id,
        groups,
        columns: x.columns,
        ...form,
        rows: count,
        experts: place(ids),
        share,
        streams: options.streams,
        scratch: { in: "scratch" },
      });
      if (bias !== undefined) {
        const from = out;
        out = tensor(segment, count, rows);
        push(segment, "addExpertBias", {
          out: place(out.buffer),
          x: place(from.buffer),
          bias: { in: "weight", weight: bias },
          experts: place(ids),
          rows: count,
          columns: rows,
          stride: strideOf(rows),
        });
      }
      return out;
    },
    combine(x, routing) {
      const { segment } = known("combine", x).buffer;
      const weights = moved(routings[routing.id]!.weights, segment);
      const out = tensor(segment, routing.rows, x.columns);
      push(segment, "combine", {
        out: place(out.buffer),
        x: read("combine", x, segment),
        weights: place(weights),
        rows: routing.rows,
        k: routing.spec.used,
        stride: strideOf(x.columns),
      });
      return out;
    },
  };

  const result = known("output", build(ops));
  result.buffer.last = tape.nodes.length;
  return {
    nodes: tape.nodes,
    buffers: tape.buffers,
    ropes,
    scratchBytes,
    products,
    vocabSize,
    output: { buffer: result.buffer, rows: result.rows, columns: result.columns },
  };
}
