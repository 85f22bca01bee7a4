import { describe, expect, test } from "bun:test";
import { Bench, bits, PLAIN, RELAXED, randomFloats } from "./bench.ts";

const benches = [new Bench(RELAXED), new Bench(PLAIN)];
const [bench] = benches as [Bench, Bench];

/** Runs a command that makes as many floats as `inputs` have, in each variant and in shares; all must agree. */
function run(
  inputs: readonly Float32Array[],
  command: (bench: Bench, at: number[], out: number, threads: number) => void,
): Float32Array {
  const results = benches.flatMap((b) =>
    [1, 3].map((threads) => {
      b.reset();
      const at = inputs.map((x) => b.put(x));
      const out = b.space(inputs[0]!.byteLength);
      command(b, at, out, threads);
      return b.takeFloats(out, inputs[0]!.length);
    }),
  );
  for (const other of results) expect(bits(other)).toEqual(bits(results[0]!));
  return results[0]!;
}

const a = randomFloats(52, 1, 3);
const b = randomFloats(52, 2, 3);

test("add, multiply and scale round once", () => {
  const vectors = a.length / 4;
  const sum = run([a, b], (k, [x, y], out, t) => k.run("add", { out, a: x!, b: y!, vectors }, t));
  expect(bits(sum)).toEqual(bits(a.map((v, i) => v + b[i]!)));
  const product = run([a, b], (k, [x, y], out, t) => k.run("multiply", { out, a: x!, b: y!, vectors }, t));
  expect(bits(product)).toEqual(bits(a.map((v, i) => v * b[i]!)));
  const scaled = run([a], (k, [x], out, t) =>
    k.run("scale", { out, x: x!, factorF: Math.fround(1.7), vectors }, t),
  );
  expect(bits(scaled)).toEqual(bits(a.map((v) => v * Math.fround(1.7))));
});

/** -40 .. 40 in small steps, and what is near zero. */
const sweep = Float32Array.from({ length: 4096 }, (_, i) => (i - 2048) / 51.2);
const small = Float32Array.from({ length: 1024 }, (_, i) => (i - 512) / 1500);
const inputs = new Float32Array([...sweep, ...small, 0, -0, 1e-30, -1e-30, 1e4, -1e4, 88, -88]);

function erf(x: number): number {
  // The series converges for every x that matters here; beyond, erf is 1 in single precision.
  if (Math.abs(x) > 4) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const gelu = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const activations = [
  { name: "silu", kind: 0, exact: (x: number) => x * sigmoid(x), relative: 5e-7, absolute: 1e-30 },
  { name: "gelu by tanh", kind: 1, exact: gelu, relative: 4e-7, absolute: 4e-7 },
  {
    name: "gelu by erf",
    kind: 2,
    exact: (x: number) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
    relative: 4e-7,
    absolute: 6e-7,
  },
];

describe.each(activations)("$name", ({ kind, exact, relative, absolute }) => {
  const vectors = inputs.length / 4;
  test("is near the exact function", () => {
    const y = run([inputs], (k, [gate], out, t) =>
      k.run("gated", { out, gate: gate!, up: 0, kind, vectors }, t),
    );
    for (const [i, x] of inputs.entries()) {
      const want = exact(x);
      expect(Math.abs(y[i]! - want)).toBeLessThanOrEqual(Math.abs(want) * relative + absolute);
    }
  });

  test("times up", () => {
    const alone = run([inputs], (k, [gate], out, t) =>
      k.run("gated", { out, gate: gate!, up: 0, kind, vectors }, t),
    );
    const up = randomFloats(inputs.length, 5, 2);
    const y = run([inputs, up], (k, [gate, u], out, t) =>
      k.run("gated", { out, gate: gate!, up: u!, kind, vectors }, t),
    );
    expect(bits(y)).toEqual(bits(alone.map((v, i) => v * up[i]!)));
  });
});

test("gpt-oss's gate clamps and adds one", () => {
  const gate = randomFloats(400, 8, 12);
  const up = randomFloats(400, 9, 12);
  const y = run([gate, up], (k, [g, u], out, t) =>
    k.run("gated", { out, gate: g!, up: u!, kind: 3, vectors: 100 }, t),
  );
  for (const [i, value] of y.entries()) {
    const g = Math.min(gate[i]!, 7);
    const want = g * sigmoid(1.702 * g) * (Math.max(-7, Math.min(up[i]!, 7)) + 1);
    expect(Math.abs(value - want)).toBeLessThanOrEqual(Math.abs(want) * 1e-6 + 1e-7);
  }
});

test("softcap is cap tanh(x / cap), exact to a few units in the last place", () => {
  for (const cap of [30, 1]) {
    const y = run([inputs], (k, [x], out, t) =>
      k.run("softcap", { out, x: x!, capF: cap, vectors: inputs.length / 4 }, t),
    );
    for (const [i, x] of inputs.entries()) {
      const want = cap * Math.tanh(x / cap);
      expect(Math.abs(y[i]! - want)).toBeLessThanOrEqual(Math.abs(want) * 5e-7 + 1e-37);
      expect(y[i]! * want).toBeGreaterThanOrEqual(0);
    }
  }
});

test("NaN comes out of every activation", () => {
  const x = Float32Array.from([Number.NaN, 1, 2, Number.NaN]);
  for (const kind of [0, 1, 2]) {
    const y = run([x], (k, [gate], out, t) =>
      k.run("gated", { out, gate: gate!, up: 0, kind, vectors: 1 }, t),
    );
    expect([...y].map(Number.isNaN)).toEqual([true, false, false, true]);
  }
});

test("rows are picked by index", () => {
  bench.reset();
  const stride = 64;
  const x = randomFloats(5 * 16, 3);
  const [from, out] = [bench.put(x), bench.space(4 * stride)];
  const indices = [4, 0, 0, 2];
  bench.run("rows", { out, x: from, indices: bench.put(Int32Array.from(indices)), count: 4, stride }, 2);
  expect([...bench.takeFloats(out, 64)]).toEqual(
    indices.flatMap((i) => [...x.subarray(i * 16, i * 16 + 16)]),
  );
});

test("a bias is added to each row, every width", () => {
  for (let columns = 1; columns <= 20; columns++) {
    bench.reset();
    const stride = Math.ceil(columns / 16) * 64;
    const [x, bias] = [randomFloats(3 * columns, columns), randomFloats(columns, 99)];
    const [from, at, out] = [bench.putRows(x, columns, stride), bench.put(bias), bench.space(3 * stride)];
    bench.run("addBias", { out, x: from, bias: at, rows: 3, columns, stride }, 2);
    expect(bits(bench.takeRows(out, 3, columns, stride))).toEqual(
      bits(x.map((v, i) => v + bias[i % columns]!)),
    );
  }
});
