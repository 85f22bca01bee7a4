import { describe, expect, test } from "bun:test";
import {
  type Backend,
  KernelTrapError,
  type LoadRequest,
  MemoryExceededError,
  type Ops,
  ShapeError,
  type WeightSource,
} from "@realizar/tensor";
import { wasmBackend } from "../src/index.ts";

function matrix(
  name: string,
  shape: readonly number[],
  layer: number,
  value = (i: number) => Math.sin(i),
): WeightSource {
  const floats = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i));
  const bytes = new Uint8Array(floats.buffer);
  return {
    name,
    dtype: "F32",
    shape,
    use: shape.length === 1 ? "vector" : "matrix",
    layer,
    readInto: (dst, offset) => dst.set(bytes.subarray(offset, offset + dst.length)),
  };
}

/** Four layers of one product each, so that they can be spread over segments. */
const LAYERS = 4;
function request(changes: Partial<LoadRequest> = {}): LoadRequest {
  const weights = [
    matrix("embedding", [40, 32], -1),
    ...Array.from({ length: LAYERS }, (_, i) =>
      matrix(`w${i}`, [32, 32], i, (n) => Math.sin(n * (i + 2)) / 4),
    ),
    matrix("out", [40, 32], LAYERS),
  ];
  return {
    weights,
    kv: { layers: LAYERS, kvHeads: [2, 2, 2, 2], headDim: [16, 16, 16, 16], pages: 4, type: "f32" },
    contextSize: 64,
    maxRows: 8,
    maxOutputRows: 8,
    build: (ops, w) => {
      let x = ops.embed(w("embedding"));
      for (let i = 0; i < LAYERS; i++) {
        const h = ops.linear(x, w(`w${i}`));
        const spec = { heads: 2, kvHeads: 2, headDim: 16, scale: 0.25, window: 0, softcap: 0, causal: true };
        x = ops.add(x, ops.attention(h, h, x, i, spec));
      }
      return ops.linear(ops.outputRows(x), w("out"));
    },
    ...changes,
  };
}

const batch = (rows: number, wanted = rows) => ({
  tokens: Int32Array.from({ length: rows }, (_, i) => (i * 7) % 40),
  positions: Int32Array.from({ length: rows }, (_, i) => i),
  sequences: new Int32Array(rows),
  pageTables: [Int32Array.of(2, 0)],
  logitRows: Int32Array.from({ length: wanted }, (_, i) => rows - wanted + i),
});

async function outputs(backend: Backend): Promise<Float32Array[]> {
  const residence = await backend.load(request());
  const all = [8, 1, 3, 8].map(async (rows) => (await residence.forward(batch(rows))).slice());
  const done = await Promise.all(all);
  residence.close();
  return done;
}

describe("segments", () => {
  test("a model spread over several memories gives the same bits, with one thread and with more", async () => {
    const whole = await outputs(wasmBackend());
    const together = await wasmBackend().load(request());
    together.close();
    // Too little for all weights; placement keeps 64 KiB in hand.
    const segmentBytes = together.bytes + 65_536 - 12_000;
    for (const threads of [1, 2]) {
      expect(await outputs(wasmBackend({ threads, segmentBytes, leastShared: 0 }))).toEqual(whole);
    }
    const apart = await wasmBackend({ segmentBytes }).load(request());
    expect(apart.bytes).toBeGreaterThan(1.5 * together.bytes);
    apart.close();
  });

  test("a layer that fits none is refused with the numbers", async () => {
    const load = wasmBackend({ segmentBytes: 1_000_000 }).load(request());
    expect(await load.catch((error) => error)).toBeInstanceOf(MemoryExceededError);
  });
});

describe("loading", () => {
  test("with more threads than compute gives the same bits, however soon the first step comes", async () => {
    const alone = await outputs(wasmBackend());
    for (let round = 0; round < 10; round++) {
      for (const threads of [1, 2]) {
        const backend = wasmBackend({ threads, packThreads: 3, leastPacked: 0, leastShared: 0 });
        expect(await outputs(backend)).toEqual(alone);
      }
    }
  });
});

describe("steps", () => {
  test("one that is too small to share gives the same bits by thread 0 alone", async () => {
    const shared = await outputs(wasmBackend({ threads: 2, leastShared: 0 }));
    expect(await outputs(wasmBackend({ threads: 2, leastShared: 1e9 }))).toEqual(shared);
  });

  test("more shapes of batch than there are program slots", async () => {
    const residence = await wasmBackend().load(request());
    const first = (await residence.forward(batch(8, 1))).slice();
    for (let round = 0; round < 2; round++) {
      for (let rows = 1; rows <= 8; rows++)
        for (let wanted = 0; wanted <= rows; wanted++) await residence.forward(batch(rows, wanted));
    }
    expect(await residence.forward(batch(8, 1))).toEqual(first);
    residence.close();
  });

  test("a batch beyond what was loaded is refused", async () => {
    const residence = await wasmBackend().load(request());
    expect(() => residence.forward(batch(9))).toThrow(RangeError);
    expect(() => residence.forward({ ...batch(1), positions: Int32Array.of(64) })).toThrow(/exceeds/);
    expect(() => residence.forward({ ...batch(1), tokens: Int32Array.of(40) })).toThrow(/token 40/);
    expect(() => residence.forward({ ...batch(1), tokens: Int32Array.of(-1) })).toThrow(/token -1/);
    residence.close();
    expect(() => residence.forward(batch(1))).toThrow(/closed/);
    residence.close();
  });

  test("without a hidden-state program there is none to run", async () => {
    const residence = await wasmBackend().load(request());
    expect(() => residence.forward(batch(1), "hidden")).toThrow(/hidden/);
    residence.close();
  });

  test("a page that does not exist is refused", async () => {
    const residence = await wasmBackend().load(request());
    expect(() => residence.forward({ ...batch(1), pageTables: [Int32Array.of(4)] })).toThrow(/page 4/);
    residence.close();
  });

  test("a trap names the command", async () => {
    const odd = { ...matrix("odd", [16, 256], 0), dtype: "IQ1_S" as const, readInto() {} };
    const changed = request({ weights: [odd, ...request().weights] });
    const error = await wasmBackend({ threads: 2, leastShared: 0 })
      .load(changed)
      .catch((e) => e);
    expect(error).toBeInstanceOf(KernelTrapError);
    expect((error as KernelTrapError).op).toBe("pack");
  });
});

describe("shapes that do not fit are refused while recording", () => {
  const cases: [
    string,
    (ops: Ops, w: (name: string) => ReturnType<Parameters<LoadRequest["build"]>[1]>) => unknown,
  ][] = [
    ["linear", (ops, w) => ops.linear(ops.linear(ops.embed(w("embedding")), w("out")), w("w0"))],
    ["add", (ops, w) => ops.add(ops.embed(w("embedding")), ops.linear(ops.embed(w("embedding")), w("out")))],
    ["rmsNorm", (ops, w) => ops.rmsNorm(ops.embed(w("embedding")), undefined, 1e-5, 7)],
    ["rmsNorm", (ops, w) => ops.rmsNorm(ops.embed(w("embedding")), w("norm"), 1e-5)],
    [
      "rope",
      (ops, w) =>
        ops.rope(ops.embed(w("embedding")), {
          headDim: 5,
          dims: 4,
          pairing: "halved",
          frequencies: new Float64Array(2),
          magnitude: 1,
        }),
    ],
    [
      "attention",
      (ops, w) => {
        const x = ops.embed(w("embedding"));
        return ops.attention(x, x, x, 0, {
          heads: 3,
          kvHeads: 3,
          headDim: 16,
          scale: 1,
          window: 0,
          softcap: 0,
          causal: true,
        });
      },
    ],
    [
      "route",
      (ops, w) =>
        ops.route(ops.embed(w("embedding")), { experts: 4, used: 2, weighting: "softmax", scale: 1 }),
    ],
    [
      "linearExperts",
      (ops, w) => {
        const x = ops.embed(w("embedding"));
        const routing = ops.route(x, { experts: 32, used: 2, weighting: "softmax", scale: 1 });
        return ops.linearExperts(
          ops.combine(ops.linearExperts(x, w("experts"), { ...routing, rows: 3 }), routing),
          w("experts"),
          routing,
        );
      },
    ],
    ["add", (ops, w) => ops.add({ id: 99, rows: 8, columns: 32 }, ops.embed(w("embedding")))],
  ];
  test.each(cases)("%s", async (op, build) => {
    const extra = [matrix("norm", [31], 0), matrix("experts", [32, 32, 32], 0)];
    const changed = request({
      weights: [...request().weights, ...extra],
      build: (ops, w) => build(ops, w) as never,
    });
    const error = await wasmBackend()
      .load(changed)
      .catch((e) => e);
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as ShapeError).message).toStartWith(op);
  });

  test("a weight that was not declared", async () => {
    const load = wasmBackend().load(request({ build: (ops, w) => ops.embed(w("nowhere")) }));
    await expect(load).rejects.toThrow(/nowhere/);
  });

  test("a vector of a quantized type", async () => {
    const odd = { ...matrix("odd", [32], 0), dtype: "Q8_0" as const };
    await expect(wasmBackend().load(request({ weights: [...request().weights, odd] }))).rejects.toThrow(
      /odd.*Q8_0/,
    );
  });
});
