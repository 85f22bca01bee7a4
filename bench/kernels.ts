/**
 * How fast are the products of each weight type, by tokens, and attention over each KV type, on one thread?
 *
 *   bun bench/kernels.ts [--types Q4_0,Q8_0] [--tokens 1,2,4,8,128] [--simd relaxed|simd] [--memory]
 *
 * Rates are multiply-adds. Weights are 5,632 x 2,048; with --memory as many copies in turn as no cache holds.
 */
import { parseArgs } from "node:util";
import { attentionScratchBytes, LINEAR_SCRATCH_BYTES } from "@realizar/kernels";
import { Bench as KernelBench, randomFloats } from "../kernels/test/bench.ts";
import { activate } from "../kernels/test/linear.ts";
import { FLOAT_TYPES, packInto, QUANTIZED_TYPES, weightRows } from "../kernels/test/weights.ts";
import { KV_TYPES } from "../packages/backend-wasm/src/memory-plan.ts";
import { defaultStreams } from "../packages/backend-wasm/src/streams.ts";
import { type Bench, report } from "./report.ts";

const ROWS = 5632;
const COLUMNS = 2048;
/** Groups of rows that one token's products read in turn. */
const STREAMS = defaultStreams();
/** Bytes that no cache holds. */
const MANY = 400e6;
/** Attention of a 1.1 B llama: one row at this position, pages in order. */
const POSITIONS = 2000;
const HEADS = { heads: 32, kvHeads: 4, headDim: 64 };
const LAYERS = 22;

const { values } = parseArgs({
  options: {
    types: { type: "string", default: [...FLOAT_TYPES, ...QUANTIZED_TYPES].join(",") },
    tokens: { type: "string", default: "1,2,4,8,128" },
    simd: { type: "string", default: "relaxed" },
    memory: { type: "boolean", default: false },
  },
});
const variant = { simd: values.simd as "relaxed", memory: "single" } as const;

function products(type: (typeof QUANTIZED_TYPES)[number], tokens: number): Bench {
  const bench = new KernelBench(variant, values.memory ? 12_000 : 2_000);
  const data = weightRows(type, ROWS, COLUMNS, 1);
  const w = packInto(bench, type, data, ROWS, COLUMNS);
  const bytes = w.groups * w.groupBytes;
  const weights = [w.address];
  while (values.memory && weights.length * bytes < MANY) {
    const copy = bench.space(bytes);
    bench.bytes.copyWithin(copy, w.address, w.address + bytes);
    weights.push(copy);
  }
  const outStride = w.groups * 64;
  const args = {
    out: bench.space(tokens * outStride),
    outStride,
    groupBytes: w.groupBytes,
    type: w.type,
    groups: w.groups,
    columns: COLUMNS,
    ...activate(bench, type, randomFloats(tokens * COLUMNS, 2), COLUMNS),
    tokens,
    streams: STREAMS,
    scratch: bench.space(LINEAR_SCRATCH_BYTES),
  };
  let turn = 0;
  return {
    name: `${type}, ${tokens} ${tokens === 1 ? "token" : "tokens"}`,
    run: () => bench.run("linear", { ...args, weight: weights[turn++ % weights.length]! }),
    amount: [tokens * ROWS * COLUMNS, "MAC"],
  };
}

function attention([name, type]: [string, number]): Bench {
  const { heads, kvHeads, headDim } = HEADS;
  const bench = new KernelBench(variant, 3_000);
  const [columns, kvColumns] = [heads * headDim, kvHeads * headDim];
  const pages = Math.ceil(POSITIONS / 16);
  const place = (bytes: number) => Array.from({ length: LAYERS }, () => bench.space(bytes * kvHeads * pages));
  const keys = place(bench.kernels.key_head_bytes(type, headDim));
  const values = place(bench.kernels.value_head_bytes(type, headDim));
  const order = (count: number) => Int32Array.from({ length: count }, (_, i) => i);
  const tables = bench.put(Int32Array.of(bench.put(order(pages))));
  const sequences = bench.put(new Int32Array(POSITIONS));
  const rows = (seed: number, count: number, width: number) =>
    bench.putRows(randomFloats(count * width, seed), width, width * 4);
  const common = { sequences, tables, kvHeads, headDim, type };
  for (let layer = 0; layer < LAYERS; layer++) {
    bench.run("kvStore", {
      ...common,
      k: rows(1, 1, kvColumns),
      v: rows(2, 1, kvColumns),
      stride: 0,
      keys: keys[layer]!,
      values: values[layer]!,
      positions: bench.put(order(POSITIONS)),
      rows: POSITIONS,
    });
  }
  const scratchBytes = attentionScratchBytes(type, heads, kvHeads, headDim);
  const args = {
    ...common,
    out: bench.space(columns * 4),
    q: rows(3, 1, columns),
    stride: columns * 4,
    positions: bench.put(Int32Array.of(POSITIONS - 1)),
    lengths: 0,
    sinks: 0,
    rows: 1,
    heads,
    scaleF: 0.125,
    window: 0,
    capF: 0,
    scratch: bench.space(scratchBytes),
    scratchBytes,
  };
  let layer = 0;
  return {
    name: `attention at ${POSITIONS.toLocaleString("en")}, ${name}`,
    run() {
      layer = (layer + 1) % LAYERS;
      bench.run("attention", { ...args, keys: keys[layer]!, values: values[layer]! });
    },
    amount: [POSITIONS * columns * 2, "MAC"],
  };
}

const types = values.types.split(",") as (typeof QUANTIZED_TYPES)[number][];
const benches = types.flatMap((type) =>
  values.tokens.split(",").map((tokens) => () => products(type, Number(tokens))),
);
await report(
  `products of ${ROWS} x ${COLUMNS} weights and attention, one thread, ${values.simd}${values.memory ? ", from memory" : ""}`,
  [...benches, ...Object.entries(KV_TYPES).map((entry) => () => attention(entry))],
);
