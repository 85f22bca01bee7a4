import { describe, expect, test } from "bun:test";
import { attentionScratchBytes } from "../src/index.ts";
import { Bench, bits, type PLAIN, PLAIN as plainVariant, RELAXED, randomFloats } from "./bench.ts";
import { attend } from "./twins/attention.ts";

interface Case {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly window?: number;
  readonly cap?: number;
  readonly sinks?: boolean;
  readonly bidirectional?: boolean;
}

const SCALE = 0.3;
/** Positions each of two sequences has, and which of their positions are asked for. */
const LENGTHS = [37, 5];
const ASKED = [
  [36, 0],
  [15, 0],
  [4, 1],
  [16, 0],
  [0, 1],
] as const;
/** KV types with the error that storing a number may make, of its largest neighbour. */
const TYPES = [
  { name: "f32", type: 0, error: 0 },
  { name: "f16", type: 1, error: 2 ** -11 },
  { name: "q8_0", type: 2, error: 1 / 200 },
  { name: "q16", type: 3, error: 1 / 8191 },
];

/** Page ids of the two sequences, shuffled; page 0 and what is not filled hold NaN. */
const PAGES = [
  [5, 2, 7],
  [3, 1, 4],
];

function run(
  type: number,
  c: Case,
  asked: readonly (readonly [number, number])[],
  threads: number,
  variant: typeof PLAIN,
) {
  const { heads, kvHeads, headDim } = c;
  const bench = new Bench(variant);
  const [qColumns, kvColumns] = [heads * headDim, kvHeads * headDim];
  const [qStride, kvStride] = [Math.ceil(qColumns / 16) * 64, Math.ceil(kvColumns / 16) * 64];
  const keyBytes = bench.kernels.key_head_bytes(type, headDim) * kvHeads;
  const valueBytes = bench.kernels.value_head_bytes(type, headDim) * kvHeads;
  const [keys, values] = [bench.space(8 * keyBytes, 0xff), bench.space(8 * valueBytes, 0xff)];
  const tables = bench.put(Uint32Array.from(PAGES.map((ids) => bench.put(Uint32Array.from(ids)))));
  const where = (positions: readonly number[], sequences: readonly number[]) => ({
    positions: bench.put(Int32Array.from(positions)),
    sequences: bench.put(Int32Array.from(sequences)),
    tables,
  });
  const data = LENGTHS.map((n, s) => ({
    k: randomFloats(n * kvColumns, 10 + s, 2),
    v: randomFloats(n * kvColumns, 20 + s, 2),
    q: randomFloats(n * qColumns, 30 + s, 2),
  }));
  for (const [s, n] of LENGTHS.entries()) {
    const positions = Array.from({ length: n }, (_, p) => p);
    bench.run(
      "kvStore",
      {
        k: bench.putRows(data[s]!.k, kvColumns, kvStride),
        v: bench.putRows(data[s]!.v, kvColumns, kvStride),
        stride: kvStride,
        keys,
        values,
        ...where(
          positions,
          positions.map(() => s),
        ),
        rows: n,
        kvHeads,
        headDim,
        type,
      },
      threads,
    );
  }
  const queries = new Float32Array(asked.length * qColumns);
  for (const [i, [p, s]] of asked.entries())
    queries.set(data[s]!.q.subarray(p * qColumns, (p + 1) * qColumns), i * qColumns);
  const sinks = randomFloats(heads, 40, 2);
  const scratchBytes = attentionScratchBytes(type, heads, kvHeads, headDim);
  const out = bench.space(asked.length * qStride);
  bench.run(
    "attention",
    {
      out,
      q: bench.putRows(queries, qColumns, qStride),
      stride: qStride,
      keys,
      values,
      ...where(
        asked.map(([p]) => p),
        asked.map(([, s]) => s),
      ),
      lengths: c.bidirectional ? bench.put(Int32Array.from(LENGTHS)) : 0,
      sinks: c.sinks ? bench.put(sinks) : 0,
      rows: asked.length,
      heads,
      kvHeads,
      headDim,
      scaleF: SCALE,
      window: c.window ?? 0,
      capF: c.cap ?? 0,
      type,
      scratch: bench.space(scratchBytes * threads),
      scratchBytes,
    },
    threads,
  );
  return { got: bench.takeRows(out, asked.length, qColumns, qStride), data, sinks, queries };
}

const CASES: Record<string, Case> = {
  "one KV head a query head": { heads: 3, kvHeads: 3, headDim: 16 },
  "groups of four": { heads: 8, kvHeads: 2, headDim: 64 },
  "an odd group, a head that is no whole number of vectors": { heads: 6, kvHeads: 2, headDim: 6 },
  "a head of 40, q8_0 blocks cut off": { heads: 4, kvHeads: 1, headDim: 40 },
  "a head of 80": { heads: 2, kvHeads: 1, headDim: 80 },
  "a window of 7": { heads: 4, kvHeads: 2, headDim: 16, window: 7 },
  "a window of 16": { heads: 2, kvHeads: 1, headDim: 16, window: 16 },
  softcap: { heads: 4, kvHeads: 2, headDim: 16, cap: 2 },
  sinks: { heads: 4, kvHeads: 2, headDim: 16, sinks: true },
  "sinks, window and softcap": { heads: 6, kvHeads: 2, headDim: 20, sinks: true, window: 5, cap: 3 },
  "both ways": { heads: 4, kvHeads: 2, headDim: 16, bidirectional: true },
};

describe.each(TYPES)("KV of $name", ({ type, error }) => {
  test.each(Object.entries(CASES))("%s", (_, c) => {
    const { got, data, sinks, queries } = run(type, c, ASKED, 1, RELAXED);
    const { heads, kvHeads, headDim } = c;
    for (const [i, [position, s]] of ASKED.entries()) {
      const last = c.bidirectional ? LENGTHS[s]! - 1 : position;
      const first = c.window === undefined ? 0 : Math.max(0, position - c.window + 1);
      for (let h = 0; h < heads; h++) {
        const kvHead = Math.floor(h / (heads / kvHeads));
        const rowsOf = (x: Float32Array) =>
          Array.from({ length: last - first + 1 }, (_, p) => {
            const at = (first + p) * kvHeads * headDim + kvHead * headDim;
            return x.subarray(at, at + headDim);
          });
        const at = (i * heads + h) * headDim;
        const want = attend(queries.subarray(at, at + headDim), rowsOf(data[s]!.k), rowsOf(data[s]!.v), {
          scale: SCALE,
          cap: c.cap ?? 0,
          sink: c.sinks ? sinks[h]! : undefined,
        });
        for (let d = 0; d < headDim; d++) {
          // An error e of every key moves a score by about e |q| sqrt(headDim), and that moves a weight by as much.
          const bound = error * (2 + 4 * SCALE * Math.sqrt(headDim)) + 5e-6;
          expect(Math.abs(got[at + d]! - want[d]!)).toBeLessThan(bound);
        }
      }
    }
  });

  test("a row's bits are the same alone, in any share and without relaxed SIMD", () => {
    for (const c of [
      CASES["groups of four"]!,
      CASES["an odd group, a head that is no whole number of vectors"]!,
    ]) {
      const { got } = run(type, c, ASKED, 1, RELAXED);
      const columns = c.heads * c.headDim;
      for (const threads of [2, 3, 7])
        expect(bits(run(type, c, ASKED, threads, RELAXED).got)).toEqual(bits(got));
      expect(bits(run(type, c, ASKED, 1, plainVariant).got)).toEqual(bits(got));
      for (const [i, row] of ASKED.entries()) {
        for (const threads of [1, 2, 5])
          expect(bits(run(type, c, [row], threads, RELAXED).got)).toEqual(
            bits(got.slice(i * columns, (i + 1) * columns)),
          );
      }
    }
  });
});
