import { expect, test } from "bun:test";
import { type LoadRequest, type RaggedBatch, ShapeError } from "@realizar/tensor";
import { referenceBackend } from "../src/index.ts";

const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
const request: LoadRequest = {
  weights: [
    {
      name: "w",
      dtype: "F32",
      shape: [3, 2],
      use: "matrix",
      layer: 0,
      readInto: (dst, offset) => dst.set(bytes.subarray(offset, offset + dst.length)),
    },
  ],
  kv: { layers: 1, kvHeads: [1], headDim: [2], pages: 2, type: "f32" },
  contextSize: 4,
  maxRows: 2,
  maxOutputRows: 1,
  build: (ops, w) => ops.outputRows(ops.embed(w("w"))),
};
const batch: RaggedBatch = {
  tokens: Int32Array.of(1, 2),
  positions: Int32Array.of(0, 1),
  sequences: Int32Array.of(0, 0),
  pageTables: [Int32Array.of(1)],
  logitRows: Int32Array.of(1),
};

test("a step computes, and loading tells how far it is", async () => {
  const progress: unknown[] = [];
  const residence = await referenceBackend().load({ ...request, onProgress: (p) => progress.push(p) });
  expect(await residence.forward(batch)).toEqual(Float32Array.of(5, 6));
  expect(progress).toEqual([{ loadedBytes: 24, totalBytes: 24 }]);
  expect(residence.bytes).toBe(24 + 2 * 8 * 2 * 16 * 2);
  expect(residence.threads).toBe(1);
  residence.close();
});

const wrong: readonly (readonly [string, Partial<RaggedBatch>])[] = [
  ["3 tokens, 2 positions", { tokens: Int32Array.of(1, 2, 0) }],
  ["at most 1 were asked for", { logitRows: Int32Array.of(0, 1) }],
  ["position 4 is outside", { positions: Int32Array.of(3, 4) }],
  ["row 2 of 2", { logitRows: Int32Array.of(2) }],
  ["page 2 of 2", { pageTables: [Int32Array.of(2)] }],
  ["3 is no row of w", { tokens: Int32Array.of(3, 0) }],
];
for (const [message, over] of wrong) {
  test(`a batch is refused: ${message}`, async () => {
    const residence = await referenceBackend().load(request);
    expect(() => residence.forward({ ...batch, ...over })).toThrow(message);
  });
}

test("too many rows, unknown weights, absent layers and absent programs are refused", async () => {
  const small = await referenceBackend().load({ ...request, maxRows: 1 });
  expect(() => small.forward(batch)).toThrow("at most 1");
  expect(() => small.forward(batch, "hidden")).toThrow(ShapeError);
  const spec = { heads: 1, kvHeads: 1, headDim: 2, scale: 1, window: 0, softcap: 0, causal: true };
  const builds: readonly LoadRequest["build"][] = [
    (ops, w) => ops.embed(w("v")),
    (ops) => ops.embed({ name: "v", dtype: "F32", shape: [1] }),
    (ops, w) => ops.attention(ops.embed(w("w")), ops.embed(w("w")), ops.embed(w("w")), 1, spec),
  ];
  for (const build of builds) {
    const residence = await referenceBackend().load({ ...request, build });
    expect(() => residence.forward(batch)).toThrow(ShapeError);
  }
  const hidden = await referenceBackend().load(request);
  expect(() => hidden.forward(batch, "hidden")).toThrow("no program for hidden states");
});
