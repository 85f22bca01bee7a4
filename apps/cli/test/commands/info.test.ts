import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type GgufContents, writeGgufBytes } from "@realizar/gguf";
import { writeSafetensors } from "@realizar/safetensors";
import manifest from "../../package.json" with { type: "json" };
import { cli, temporaryFolder, tinyModel } from "../cli.ts";

const folder = temporaryFolder();
let model = "";
beforeAll(async () => {
  model = await tinyModel(folder.path, "model.gguf", { type: "Q8_0" });
});
afterAll(folder.remove);

async function gguf(name: string, contents: GgufContents): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, await writeGgufBytes(contents));
  return path;
}

describe("info", () => {
  test("without a model tells the version and what there is", async () => {
    const { status, out } = await cli(["info"]);
    expect(status).toBe(0);
    expect(out).toStartWith(`realizar v${manifest.version}\n`);
    expect(JSON.parse((await cli(["info", "--format", "json"])).out)).toEqual({
      name: "realizar",
      version: manifest.version,
    });
  });

  test("of a model tells metadata, tensors, types and memory", async () => {
    const { status, out } = await cli(["info", model]);
    expect(status).toBe(0);
    for (const part of [
      /^format {8}gguf v3$/m,
      /^architecture {2}llama$/m,
      /^memory .*weights .*KV cache q16 for 256 tokens/m,
      /^ {2}Q8_0 +\d+ tensors/m,
      /^ {2}llama\.context_length = 256$/m,
      /^ {2}tokenizer\.ggml\.tokens = \[<unk>, .* in all\]$/m,
      /^ {2}token_embd\.weight +Q8_0 +\[297, 32\]$/m,
    ])
      expect(out).toMatch(part);
  });

  test("as JSON has the same, with long arrays cut", async () => {
    const object = JSON.parse((await cli(["info", model, "--format", "json"])).out);
    expect(object).toMatchObject({
      path: model,
      format: "gguf",
      version: 3,
      architecture: "llama",
      memory: { contextSize: 256, kvType: "q16", kvCache: 256 * 2 * 2 * 2 * 68 },
      metadata: { "tokenizer.ggml.tokens": { length: 297 } },
    });
    expect(object.tensors.find(({ name }: { name: string }) => name === "output_norm.weight")).toMatchObject({
      type: "F32",
      shape: [32],
    });
    expect(object.memory.weights).toBe(
      object.tensors.reduce((sum: number, { byteLength }: { byteLength: number }) => sum + byteLength, 0),
    );
  });

  test("of a file that is no model tells what is in it", async () => {
    const path = await gguf("plain.gguf", {
      metadata: new Map([
        ["text", { type: "string", value: "line\nbreak \u001b[31m" }],
        ["long", { type: "string", value: "x".repeat(500) }],
        ["big", { type: "uint64", value: 2n ** 63n }],
        ["nan", { type: "float32", value: Number.NaN }],
        ["few", { type: "array", elementType: "int32", value: Int32Array.of(1, 2) }],
        ["big ones", { type: "array", elementType: "uint64", value: BigUint64Array.of(2n ** 60n) }],
      ]),
      tensors: [{ name: "w", type: "F32", shape: [2, 2], data: () => new Uint8Array(16) }],
    });
    const { status, out } = await cli(["info", path]);
    expect(status).toBe(0);
    expect(out).toContain("architecture  none");
    expect(out).not.toContain("memory");
    expect(out).toContain("  text = line\\nbreak \\x1b[31m\n");
    expect(out).toContain("xxx...\n");
    const { metadata } = JSON.parse((await cli(["info", path, "--format", "json"])).out);
    expect(metadata).toMatchObject({
      big: "9223372036854775808",
      nan: "NaN",
      few: [1, 2],
      "big ones": [`${2n ** 60n}`],
    });
  });

  test("of a vocabulary alone needs no tensors", async () => {
    const whole = await cli(["info", model, "--format", "json"]);
    expect(whole.status).toBe(0);
    const path = await gguf("vocabulary.gguf", {
      metadata: new Map([
        ["general.architecture", { type: "string", value: "llama" }],
        ["tokenizer.ggml.model", { type: "string", value: "llama" }],
        ["tokenizer.ggml.tokens", { type: "array", elementType: "string", value: ["<unk>", "a"] }],
        ["tokenizer.ggml.scores", { type: "array", elementType: "float32", value: Float32Array.of(0, 0) }],
        ["tokenizer.ggml.token_type", { type: "array", elementType: "int32", value: Int32Array.of(2, 1) }],
        ["tokenizer.ggml.unknown_token_id", { type: "uint32", value: 0 }],
      ]),
      tensors: [],
    });
    const { status, out } = await cli(["info", path]);
    expect(status).toBe(0);
    expect(out).not.toContain("memory");
  });

  test("of a lone safetensors file tells its tensors", async () => {
    const path = join(folder.path, "linear.safetensors");
    await writeFile(
      path,
      writeSafetensors([{ name: "weight", dtype: "F32", shape: [3], data: Float32Array.of(1, 2, 3) }]),
    );
    const { status, out } = await cli(["info", path]);
    expect(status).toBe(0);
    expect(out).toContain("format        safetensors\n");
    expect(out).toMatch(/weight {2}F32 {4}\[3\]/);
  });

  test("of a model with a missing tensor says which", async () => {
    const path = await gguf("incomplete.gguf", {
      metadata: new Map([["general.architecture", { type: "string", value: "llama" }]]),
      tensors: [{ name: "token_embd.weight", type: "F32", shape: [2, 2], data: () => new Uint8Array(16) }],
    });
    const { status, err } = await cli(["info", path]);
    expect(status).toBe(1);
    expect(err).toMatch(/^realizar: [^\n]+\n$/);
  });
});
