import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { copyFile, link, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openCheckpoint } from "@realizar/formats";
import { openGguf } from "@realizar/gguf";
import { load } from "@realizar/llm";
import { mixOf } from "../../src/commands/quantize.ts";
import { UnknownTypeError } from "../../src/errors.ts";
import { refuseSameFile } from "../../src/output-file.ts";
import { cli, DATA, temporaryFolder, tinyModel } from "../cli.ts";

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
let model = "";
beforeAll(async () => {
  model = await tinyModel(folder.path);
});
afterAll(folder.remove);

/** Tensors of a file by name, with their bytes. */
async function tensorsOf(path: string) {
  const bytes = new Uint8Array(await readFile(path));
  const file = await openGguf(bytes);
  return Object.fromEntries(
    file.tensors.map(({ name, type, shape, offset, byteLength }) => [
      name,
      { type, shape, bytes: Buffer.from(bytes.subarray(offset, offset + byteLength)) },
    ]),
  );
}

async function metadataOf(path: string) {
  return (await openGguf(new Uint8Array(await readFile(path)))).metadata;
}

/** No half file is left. */
const leftovers = async () => (await readdir(folder.path)).filter((name) => name.endsWith(".part"));

describe("quantize", () => {
  test("writes the types of the mix, keeps vectors and metadata, and says what it wrote", async () => {
    const { status, out, err } = await cli(["quantize", model, at("q8.gguf"), "q8_0"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toMatch(/q8\.gguf: [\d.]+ kB, \d+ Q8_0, \d+ F32 tensors\n$/);
    const before = await tensorsOf(model);
    const after = await tensorsOf(at("q8.gguf"));
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after["output_norm.weight"]).toEqual(before["output_norm.weight"]!);
    expect(after["blk.1.ffn_down.weight"]!.type).toBe("Q8_0");
    const metadata = await metadataOf(at("q8.gguf"));
    expect(metadata.get("general.file_type")).toEqual({ type: "uint32", value: 7 });
    expect(metadata.get("general.quantization_version")).toEqual({ type: "uint32", value: 2 });
    expect(metadata.get("tokenizer.ggml.tokens")).toEqual(
      (await metadataOf(model)).get("tokenizer.ggml.tokens")!,
    );
    expect(await leftovers()).toEqual([]);
  });

  test("what it wrote runs", async () => {
    const { status } = await cli(["run", at("q8.gguf"), "the", "-n", "2", "-t", "1"]);
    expect(status).toBe(0);
  });

  test("a type that is there already keeps its bytes; quantizing twice is told", async () => {
    const { status, err } = await cli(["quantize", at("q8.gguf"), at("q8-again.gguf"), "Q8_0"]);
    expect(status).toBe(0);
    expect(err).toContain("is quantized already (Q8_0)");
    expect(await tensorsOf(at("q8-again.gguf"))).toEqual(await tensorsOf(at("q8.gguf")));
  });

  test("tied embeddings and grouped heads shape the mix; the bar is drawn on a terminal", async () => {
    const { status, err } = await cli(["quantize", model, at("q4km.gguf"), "Q4_K_M"], { terminal: true });
    expect(status).toBe(0);
    expect(err).toContain("quantizing [");
    const types = Object.values(await tensorsOf(at("q4km.gguf"))).map(({ type }) => type);
    // 32 columns are no whole K block: llama.cpp's stand-ins.
    expect(new Set(types)).toEqual(new Set(["F32", "Q5_0", "Q8_0"]));
  });

  test("names of types: any case, llama.cpp's aliases, and an error that lists them", () => {
    expect(mixOf("bf16")).toBe("BF16");
    expect(mixOf("q4_k")).toBe("Q4_K_M");
    expect(() => mixOf("Q9")).toThrow(UnknownTypeError);
    expect(() => mixOf("constructor")).toThrow(UnknownTypeError);
  });

  test("an unknown type is refused before anything is read or written", async () => {
    const { status, err } = await cli(["quantize", model, at("none.gguf"), "Q9_9"]);
    expect(status).toBe(1);
    expect(err).toMatch(/^realizar: unknown type "Q9_9": give one of F32, F16, BF16, Q8_0/);
    expect(existsSync(at("none.gguf"))).toBe(false);
  });

  test("never writes over its input, by whatever name", async () => {
    const before = await readFile(model);
    await link(model, at("hard.gguf"));
    await symlink(model, at("soft.gguf"));
    for (const output of [model, at("hard.gguf"), at("soft.gguf"), join(folder.path, ".", "model.gguf")]) {
      const { status, err } = await cli(["quantize", model, output, "Q8_0"]);
      expect(status).toBe(1);
      expect(err).toContain("is the input itself: give the output another name");
    }
    expect(await readFile(model)).toEqual(before);
  });

  test("never writes over a part of its input, but over an earlier output beside it", async () => {
    const part = (number: number) => at(`parts-0000${number}-of-00002.gguf`);
    for (const number of [1, 2]) await copyFile(model, part(number));
    await expect(refuseSameFile(part(1), part(2))).rejects.toThrow("is the input itself");
    for (const type of ["Q8_0", "F16"])
      expect(await cli(["quantize", model, at("again.gguf"), type])).toMatchObject({ status: 0 });
  });

  test("an output that cannot be is an error by name", async () => {
    for (const [output, message] of [
      [folder.path, "it is a folder; name a file"],
      [at("absent/out.gguf"), "cannot write"],
    ] as const) {
      const { status, err } = await cli(["quantize", model, output, "Q8_0"]);
      expect(status).toBe(1);
      expect(err).toContain(message);
    }
  });

  test("an interruption leaves nothing behind, and an older file as it was", async () => {
    await writeFile(at("old.gguf"), "old");
    const signal = AbortSignal.abort(new Error("interrupted"));
    const { status } = await cli(["quantize", model, at("old.gguf"), "Q8_0"], { signal });
    expect(status).toBe(130);
    expect(await readFile(at("old.gguf"), "utf8")).toBe("old");
    expect(await leftovers()).toEqual([]);
  });
});

describe("convert", () => {
  test("a GGUF file is written with the same tensors, without marks of a split", async () => {
    const { status, out } = await cli(["convert", model, at("copy.gguf")]);
    expect(status).toBe(0);
    expect(out).toMatch(/copy\.gguf: [\d.]+ kB, \d+ F32 tensors\n$/);
    expect(await tensorsOf(at("copy.gguf"))).toEqual(await tensorsOf(model));
  });

  test("a folder that is no model is refused", async () => {
    await mkdir(at("empty"));
    const { status, err } = await cli(["convert", at("empty"), at("never.gguf")]);
    expect(status).toBe(1);
    expect(err).toMatch(/^realizar: [^\n]+\n$/);
    expect(existsSync(at("never.gguf"))).toBe(false);
  });
});

const QUANTIZED = join(DATA, "quantizations");
const TYPES = ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K_M", "Q5_K_M", "Q6_K"];

describe.skipIf(!existsSync(QUANTIZED))("llama.cpp's own files (needs the test data)", () => {
  test.each(TYPES)("%s: the same bytes", async (type) => {
    const output = at(`${type}.gguf`);
    expect((await cli(["quantize", join(QUANTIZED, "f32.gguf"), output, type])).status).toBe(0);
    expect(await tensorsOf(output)).toEqual(await tensorsOf(join(QUANTIZED, `${type.toLowerCase()}.gguf`)));
  });

  test("a Hugging Face folder becomes the GGUF file of the same model", async () => {
    const stories = join(DATA, "stories260K");
    expect((await cli(["convert", join(stories, "hf"), at("stories.gguf")])).status).toBe(0);
    const ours = await tensorsOf(at("stories.gguf"));
    // The published file also holds the tied output matrix.
    const { "output.weight": _, ...theirs } = await tensorsOf(join(stories, "stories260K-f32.gguf"));
    expect(ours).toEqual(theirs);
    const ids = [1, 403, 407, 261, 378];
    const [one, other] = await Promise.all(
      [at("stories.gguf"), join(stories, "stories260K-f32.gguf")].map(async (path) => {
        await using llm = await load(path, { threads: 1 });
        return await llm.evaluate(ids);
      }),
    );
    expect(one).toEqual(other!);
    const converted = await openCheckpoint(at("stories.gguf"));
    const tokenizer = await converted.tokenizer();
    const folderTokenizer = await (await openCheckpoint(join(stories, "hf"))).tokenizer();
    const text = "Once upon a time, there was a little girl named Lily. é 🦙";
    expect(tokenizer.encode(text)).toEqual(folderTokenizer.encode(text));
    converted.close();
  });
});
