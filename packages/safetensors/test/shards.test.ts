import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openSafetensorsIndex, writeSafetensors } from "../src/index.ts";
import { codeOf } from "./build.ts";
import { testData } from "./data.ts";

const shards: Record<string, Uint8Array> = {
  "one.safetensors": writeSafetensors([{ name: "a", dtype: "U8", shape: [1], data: new Uint8Array([1]) }]),
  "two.safetensors": writeSafetensors([{ name: "b", dtype: "U8", shape: [1], data: new Uint8Array([2]) }]),
};
const openShard = (file: string) => {
  const bytes = shards[file];
  if (!bytes) throw new Error("no such file");
  return bytes;
};
const index = (weight_map: unknown, metadata?: unknown) => JSON.stringify({ metadata, weight_map });

test("tensors are found in their shards", async () => {
  const model = await openSafetensorsIndex(
    index({ b: "two.safetensors", a: "one.safetensors" }, { total_size: 2 }),
    openShard,
  );
  expect(model.metadata).toEqual({ total_size: 2 });
  expect([...model.shards.keys()].sort()).toEqual(["one.safetensors", "two.safetensors"]);
  const { shard, tensor, file } = model.tensors.get("b")!;
  expect(file).toBe("two.safetensors");
  expect(await shard.read(tensor.name)).toEqual(new Uint8Array([2]));
});

describe("refused", () => {
  const cases: Record<string, [string, string]> = {
    "text that is not JSON": ["{", "SAFETENSORS_INDEX_INVALID"],
    "no weight_map": ["{}", "SAFETENSORS_INDEX_INVALID"],
    "a weight_map that is no object": [index([]), "SAFETENSORS_INDEX_INVALID"],
    "a file that is no name": [index({ a: 1 }), "SAFETENSORS_INDEX_INVALID"],
    "a path out of the folder": [index({ a: "../one.safetensors" }), "SAFETENSORS_INDEX_INVALID"],
    "a shard that is not there": [index({ a: "three.safetensors" }), "SAFETENSORS_SHARD_UNREADABLE"],
    "a tensor in another shard": [index({ a: "two.safetensors" }), "SAFETENSORS_SHARD_TENSOR_MISSING"],
  };
  for (const [why, [text, code]] of Object.entries(cases)) {
    test(why, async () => expect(await codeOf(openSafetensorsIndex(text, openShard))).toBe(code));
  }
  test("a thrown value that is no Error is named", () => {
    const failing = () => Promise.reject("offline");
    expect(openSafetensorsIndex(index({ a: "one.safetensors" }), failing)).rejects.toThrow("offline");
  });
});

const sharded = testData && join(testData, "checkpoints/qwen2-hf-sharded");
test.skipIf(!sharded)(`a real sharded model${sharded ? "" : " (no test data)"}`, async () => {
  const model = await openSafetensorsIndex(
    readFileSync(join(sharded!, "model.safetensors.index.json"), "utf8"),
    (file) => new Uint8Array(readFileSync(join(sharded!, file))),
  );
  const bytes = [...model.tensors.values()].reduce((sum, { tensor }) => sum + tensor.byteLength, 0);
  expect(bytes).toBe(model.metadata.total_size as number);
});
