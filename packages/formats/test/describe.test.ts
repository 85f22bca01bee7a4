import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeGguf } from "@realizar/gguf";
import { writeSafetensors } from "@realizar/safetensors";
import { describeFile, describeIn, memoryFolder } from "../src/index.ts";
import { codeOf } from "./bytes.ts";
import { testData, titled } from "./data.ts";

const folder = mkdtempSync(join(tmpdir(), "formats-describe-"));
afterAll(() => rmSync(folder, { recursive: true }));

const weights = writeSafetensors(
  [
    { name: "a", dtype: "F32", shape: [2, 2], data: new Float32Array(4) },
    { name: "b", dtype: "U8", shape: [3], data: new Uint8Array(3) },
    { name: "c", dtype: "F32", shape: [], data: new Float32Array(1) },
  ],
  [["format", "pt"]],
);

describe("safetensors without a config", () => {
  test("a file, and its folder", async () => {
    writeFileSync(join(folder, "adapter.safetensors"), weights);
    for (const path of [folder, join(folder, "adapter.safetensors")]) {
      const described = await describeFile(path);
      expect(described).toMatchObject({
        path,
        format: "safetensors",
        files: ["adapter.safetensors"],
        size: weights.byteLength,
        elements: 8,
        types: [
          { type: "F32", tensors: 2, elements: 5, byteLength: 20 },
          { type: "U8", tensors: 1, elements: 3, byteLength: 3 },
        ],
      });
      expect(described.metadata).toEqual(new Map([["format", "pt"]]));
      expect(described.tensors[0]).toEqual({
        name: "a",
        type: "F32",
        shape: [2, 2],
        byteLength: 16,
        file: "adapter.safetensors",
      });
    }
  });
  test("an index of shards", async () => {
    const index = JSON.stringify({
      weight_map: { a: "1.safetensors", b: "2.safetensors", c: "1.safetensors" },
    });
    const files = {
      "1.safetensors": weights,
      "2.safetensors": weights,
      "i.safetensors.index.json": new TextEncoder().encode(index),
    };
    const described = await describeIn(memoryFolder(files), "i.safetensors.index.json");
    expect(described.files).toEqual(["1.safetensors", "2.safetensors"]);
    expect(described.size).toBe(2 * weights.byteLength);
    expect(described.tensors.map(({ name, file }) => [name, file])).toEqual([
      ["a", "1.safetensors"],
      ["b", "2.safetensors"],
      ["c", "1.safetensors"],
    ]);
  });
  test("nothing to describe", async () => {
    expect(await codeOf(describeFile(join(folder, "nothing.gguf")))).toBe("FORMATS_NOT_FOUND");
    expect(await codeOf(describeFile(mkdtempSync(join(folder, "empty"))))).toBe("FORMATS_NO_WEIGHTS");
    expect(await codeOf(describeIn(memoryFolder({}), "i.safetensors.index.json"))).toBe(
      "SAFETENSORS_INDEX_INVALID",
    );
  });
});

test("a GGUF file that names no architecture", async () => {
  const tensor = { name: "t", type: "Q8_0" as const, shape: [2, 32], data: () => new Uint8Array(68) };
  const bytes = new Uint8Array(
    Buffer.concat(await Array.fromAsync(writeGguf({ metadata: new Map(), tensors: [tensor] }))),
  );
  const described = await describeIn(memoryFolder({ "m.gguf": bytes }), "m.gguf");
  expect(described).toMatchObject({
    format: "gguf",
    architecture: undefined,
    elements: 64,
    files: ["m.gguf"],
  });
  expect(described.tensors).toEqual([
    { name: "t", type: "Q8_0", shape: [2, 32], byteLength: 68, file: "m.gguf" },
  ]);
  expect(described.types).toEqual([{ type: "Q8_0", tensors: 1, elements: 64, byteLength: 68 }]);
});

describe.skipIf(!testData)(titled("real files"), () => {
  test("GGUF", async () => {
    const described = await describeFile(join(testData!, "stories260K/stories260K-q4_k_m.gguf"));
    expect(described).toMatchObject({ format: "gguf", version: 3, alignment: 32, architecture: "llama" });
    expect(described.metadata.get("llama.block_count")).toBe(5);
    expect(described.types.length).toBeGreaterThan(1);
    expect(described.types.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(described.size);
  });
  test("an unknown model's folder, and a sharded one", async () => {
    const unknown = await describeFile(join(testData!, "checkpoints/tiny-one-layer"));
    expect(unknown.types).toEqual([{ type: "F16", tensors: 5, elements: 400, byteLength: 800 }]);
    const sharded = await describeFile(join(testData!, "checkpoints/qwen2-hf-sharded"));
    expect(sharded.files.length).toBe(3);
  });
});
