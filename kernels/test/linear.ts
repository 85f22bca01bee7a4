import type { GgmlTypeName } from "@realizar/gguf";
import { LINEAR_SCRATCH_BYTES } from "../src/index.ts";
import type { Bench } from "./bench.ts";
import { activationOf, topOf } from "./twins/linear.ts";
import type { Packed } from "./weights.ts";

export interface QuantizedRows {
  readonly q: number;
  readonly qStride: number;
  readonly scales: number;
  readonly sums: number;
  readonly scaleStride: number;
}

/** Bytes of a column, and of scales for a row and for a block. */
const SIZES = {
  quantizeQ8Fours: { bytes: 2, rowBytes: 4, blockBytes: 0 },
  quantizeQ8: { bytes: 1, rowBytes: 4, blockBytes: 4 },
  quantizeQ8K: { bytes: 1, rowBytes: 0, blockBytes: 128 },
  quantizeQ16: { bytes: 2, rowBytes: 0, blockBytes: 4 },
} as const;

/** Activation rows in the form that a type takes. */
export function activate(
  bench: Bench,
  type: GgmlTypeName,
  x: Float32Array,
  columns: number,
  threads = 1,
): QuantizedRows {
  const rows = x.length / columns;
  const xStride = Math.ceil(columns / 16) * 64;
  const from = bench.putRows(x, columns, xStride);
  if (type === "F32") return { q: from, qStride: xStride, scales: 0, sums: 0, scaleStride: 0 };
  const { block, op } = activationOf(type);
  const { bytes, rowBytes, blockBytes } = SIZES[op];
  const blocks = Math.ceil(columns / block);
  const qStride = blocks * block * bytes + 64;
  const scaleStride = blocks * blockBytes + rowBytes;
  const q = bench.space(rows * qStride);
  const scales = bench.space(rows * scaleStride);
  const sums = bench.space(rows * scaleStride);
  const common = { x: from, xStride, q, qStride, scales, scaleStride, rows, columns };
  if (op === "quantizeQ8") bench.run(op, { ...common, sums }, threads);
  else if (op === "quantizeQ8Fours") bench.run(op, { ...common, top: topOf(type) }, threads);
  else bench.run(op, common, threads);
  return { q, qStride, scales, sums, scaleStride };
}

/** W x for every activation row: [tokens][rows]. */
export function multiply(
  bench: Bench,
  type: GgmlTypeName,
  w: Packed,
  x: Float32Array,
  threads = 1,
  streams = 8,
): Float32Array {
  const tokens = x.length / w.columns;
  const form = activate(bench, type, x, w.columns, threads);
  const outStride = w.groups * 64;
  const out = bench.space(tokens * outStride);
  const scratch = bench.space(LINEAR_SCRATCH_BYTES * threads);
  bench.run(
    "linear",
    {
      out,
      outStride,
      weight: w.address,
      groupBytes: w.groupBytes,
      type: w.type,
      groups: w.groups,
      columns: w.columns,
      ...form,
      tokens,
      streams,
      scratch,
    },
    threads,
  );
  return bench.takeRows(out, tokens, w.rows, outStride);
}

/** Rows of a packed weight as floats, by the embedding's way. */
export function embed(bench: Bench, w: Packed, indices: readonly number[], threads = 1): Float32Array {
  const outStride = Math.ceil(w.columns / 16) * 64;
  const out = bench.space(indices.length * outStride);
  const scratch = bench.space(LINEAR_SCRATCH_BYTES * threads);
  bench.run(
    "embed",
    {
      out,
      outStride,
      weight: w.address,
      groupBytes: w.groupBytes,
      type: w.type,
      columns: w.columns,
      indices: bench.put(Int32Array.from(indices)),
      count: indices.length,
      scratch,
    },
    threads,
  );
  return bench.takeRows(out, indices.length, w.columns, outStride);
}
