import { expect, test } from "bun:test";
import { LINEAR_SCRATCH_BYTES } from "../src/index.ts";
import { Bench, bits, randomFloats } from "./bench.ts";
import { activate, multiply } from "./linear.ts";
import { packInto, weightRows } from "./weights.ts";

const bench = new Bench();

test("route picks the largest, lower index first, and weighs them in four ways", () => {
  const [rows, experts, k, scale] = [4, 10, 3, 2.5];
  const logits = randomFloats(rows * experts, 3, 4);
  // Equal logits, and very different ones.
  logits.fill(1, 0, experts);
  logits[experts + 2] = 60;
  const stride = 64;
  for (const mode of [0, 1, 2, 3]) {
    for (const threads of [1, 3]) {
      bench.reset();
      const [ids, weights] = [bench.space(rows * k * 4), bench.space(rows * k * 4)];
      const from = bench.putRows(logits, experts, stride);
      bench.run(
        "route",
        { ids, weights, logits: from, stride, rows, experts, k, mode, scaleF: scale },
        threads,
      );
      const [gotIds, gotWeights] = [bench.takeInts(ids, rows * k), bench.takeFloats(weights, rows * k)];
      for (let r = 0; r < rows; r++) {
        const row = [...logits.subarray(r * experts, (r + 1) * experts)];
        const order = row
          .map((_, e) => e)
          .sort((a, b) => row[b]! - row[a]! || a - b)
          .slice(0, k);
        expect([...gotIds.subarray(r * k, r * k + k)]).toEqual(order);
        const all = row.reduce((s, v) => s + Math.exp(v), 0);
        const raw = order.map((e) => (mode === 3 ? 1 / (1 + Math.exp(-row[e]!)) : Math.exp(row[e]!)));
        const sum = mode === 0 ? all : raw.reduce((s, v) => s + v, 0);
        for (const [j, value] of raw.entries())
          expect(gotWeights[r * k + j]!).toBeCloseTo((value / sum) * scale, 5);
      }
    }
  }
});

test.each(["Q8_0", "Q4_0", "MXFP4", "Q6_K", "IQ4_XS", "F16", "BF16", "F32"] as const)(
  "linearExperts of %s has linear's bits",
  (type) => {
    bench.reset();
    const [experts, rows, columns] = [4, 149, type.endsWith("F16") ? 1237 : 1280];
    const data = Array.from({ length: experts }, (_, e) => weightRows(type, rows, columns, 50 + e));
    const packed = data.map((d) => packInto(bench, type, d, rows, columns));
    const { groupBytes, groups } = packed[0]!;
    const weight = bench.space(experts * groups * groupBytes);
    for (const [e, w] of packed.entries())
      bench.bytes.copyWithin(weight + e * groups * groupBytes, w.address, w.address + groups * groupBytes);
    // Expert 1 has more rows than are listed at once, expert 3 a few, expert 0 one.
    const ids = Array.from({ length: 150 }, (_, i) =>
      i === 20 ? 0 : i % 50 === 3 ? 3 : i % 5 === 0 ? 2 : 1,
    );
    const outStride = groups * 64;
    for (const share of [1, 2]) {
      const x = randomFloats((ids.length / share) * columns, 60 + share);
      const form = activate(bench, type, x, columns);
      const products = packed.map((w) => multiply(bench, type, w, x));
      const wanted = ids.map((_, i) =>
        products.map((y) => bits(y.slice(Math.floor(i / share) * rows, (Math.floor(i / share) + 1) * rows))),
      );
      for (const threads of [1, 2]) {
        const out = bench.space(ids.length * outStride);
        bench.run(
          "linearExperts",
          {
            out,
            outStride,
            weight,
            groupBytes,
            type: packed[0]!.type,
            groups,
            columns,
            ...form,
            rows: ids.length,
            experts: bench.put(Int32Array.from(ids)),
            share,
            streams: 4,
            scratch: bench.space(LINEAR_SCRATCH_BYTES * threads),
          },
          threads,
        );
        const got = bench.takeRows(out, ids.length, rows, outStride);
        for (const [i, e] of ids.entries())
          expect(bits(got.slice(i * rows, (i + 1) * rows))).toEqual(wanted[i]![e]!);
      }
    }
  },
);

test("combine adds the chosen experts' rows in order", () => {
  bench.reset();
  const [rows, k, columns, stride] = [3, 2, 16, 64];
  const x = randomFloats(rows * k * columns, 1);
  const weights = randomFloats(rows * k, 2);
  const out = bench.space(rows * stride);
  bench.run("combine", { out, x: bench.put(x), weights: bench.put(weights), rows, k, stride }, 2);
  const want = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let j = 0; j < k; j++)
      for (let c = 0; c < columns; c++)
        want[r * columns + c]! += Math.fround(weights[r * k + j]! * x[(r * k + j) * columns + c]!);
  expect(bits(bench.takeFloats(out, rows * columns))).toEqual(bits(want));
});

test("each row gets its expert's bias", () => {
  bench.reset();
  const [rows, columns, stride] = [4, 5, 64];
  const [x, bias] = [randomFloats(rows * columns, 1), randomFloats(3 * columns, 2)];
  const ids = [1, 0, 2, 1];
  const out = bench.space(rows * stride);
  const args = {
    x: bench.putRows(x, columns, stride),
    bias: bench.put(bias),
    experts: bench.put(Int32Array.from(ids)),
  };
  bench.run("addExpertBias", { out, ...args, rows, columns, stride }, 2);
  const want = x.map((v, i) => v + bias[ids[Math.floor(i / columns)]! * columns + (i % columns)]!);
  expect(bits(bench.takeRows(out, rows, columns, stride))).toEqual(bits(want));
});
