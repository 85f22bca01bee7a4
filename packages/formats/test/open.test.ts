import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GgufMetadata, writeGguf } from "@realizar/gguf";
import { writeSafetensors } from "@realizar/safetensors";
import { type Checkpoint, openCheckpoint, openCheckpointFrom } from "../src/index.ts";
import { bytesOf, codeOf, floatsOf } from "./bytes.ts";
import { testData, titled } from "./data.ts";
import { fixtureFiles, HF_FIXTURES } from "./hf-models.ts";

const folder = mkdtempSync(join(tmpdir(), "formats-"));
afterAll(() => rmSync(folder, { recursive: true }));
const saved = (files: Record<string, Uint8Array>, name: string) => {
  const path = join(folder, name);
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(path, file), bytes);
  return path;
};
const fresh = (files: Record<string, Uint8Array>) =>
  saved(files, mkdtempSync(join(folder, "m")).slice(folder.length));

async function gguf(metadata: GgufMetadata, names: readonly string[] = ["a.weight"]): Promise<Uint8Array> {
  const tensors = names.map((name, i) => ({
    name,
    type: "F32" as const,
    shape: [2],
    data: () => new Uint8Array(new Float32Array([i, i + 0.5]).buffer),
  }));
  return new Uint8Array(Buffer.concat(await Array.fromAsync(writeGguf({ metadata, tensors }))));
}
const named: GgufMetadata = new Map([
  ["general.architecture", { type: "string", value: "llama" }],
  ["llama.block_count", { type: "uint32", value: 1 }],
  ["tokenizer.chat_template", { type: "string", value: "{{ messages }}" }],
  ["x.small", { type: "uint64", value: 7n }],
  ["x.large", { type: "uint64", value: 2n ** 63n }],
  ["x.array", { type: "array", elementType: "int32", value: new Int32Array([1, 2]) }],
  [
    "x.arrays",
    {
      type: "array",
      elementType: "array",
      value: [{ type: "array", elementType: "string", value: ["a"] }],
    },
  ],
]);

describe("GGUF", () => {
  test("opens from bytes, a blob, a source, a folder in memory and a file", async () => {
    const bytes = await gguf(named);
    const source = {
      size: bytes.byteLength,
      readInto: (dst: Uint8Array, offset: number) => dst.set(bytes.subarray(offset, offset + dst.byteLength)),
    };
    const path = fresh({ "m.gguf": bytes });
    const all: Checkpoint[] = [
      await openCheckpointFrom(bytes),
      await openCheckpointFrom(new Blob([bytes as Uint8Array<ArrayBuffer>])),
      await openCheckpointFrom(source),
      await openCheckpointFrom({ "m.gguf": bytes }),
      await openCheckpoint(path),
      await openCheckpoint(join(path, "m.gguf")),
    ];
    for (const checkpoint of all) {
      expect(checkpoint.format).toBe("gguf");
      expect(checkpoint.architecture).toBe("llama");
      expect(checkpoint.chatTemplate).toBe("{{ messages }}");
      expect(checkpoint.byteLength).toBe(8);
      expect(await floatsOf(checkpoint.tensors.get("a.weight"))).toEqual([0, 0.5]);
      checkpoint.close();
      checkpoint.close();
    }
  });
  test("metadata are plain values", async () => {
    const { metadata, gguf: typed } = await openCheckpointFrom(await gguf(named));
    expect(metadata.get("llama.block_count")).toBe(1);
    expect(metadata.get("x.small")).toBe(7);
    expect(metadata.get("x.large")).toBe(2n ** 63n);
    expect(metadata.get("x.array")).toEqual(new Int32Array([1, 2]));
    expect(metadata.get("x.arrays")).toEqual([["a"]]);
    expect(typed.get("x.small")).toEqual({ type: "uint64", value: 7n });
  });
  test("a read past a tensor is refused", async () => {
    const { tensors } = await openCheckpointFrom(await gguf(named));
    expect(() => tensors.get("a.weight")!.readInto(new Uint8Array(8), 1)).toThrow("outside");
  });
  test("any file of a split model opens all", async () => {
    const part = (no: number): GgufMetadata =>
      new Map([
        ...named,
        ["split.no", { type: "uint16", value: no }],
        ["split.count", { type: "uint16", value: 2 }],
        ["split.tensors.count", { type: "int32", value: 2 }],
      ]);
    const files = {
      "m-00001-of-00002.gguf": await gguf(part(0), ["a.weight"]),
      "m-00002-of-00002.gguf": await gguf(part(1), ["b.weight"]),
    };
    const path = fresh(files);
    for (const name of ["", "m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]) {
      const checkpoint = await openCheckpoint(join(path, name));
      expect([...checkpoint.tensors.keys()]).toEqual(["a.weight", "b.weight"]);
      expect(await floatsOf(checkpoint.tensors.get("b.weight"))).toEqual([0, 0.5]);
      checkpoint.close();
    }
    const lacking = fresh({ "m-00002-of-00002.gguf": files["m-00002-of-00002.gguf"] });
    expect(await codeOf(openCheckpoint(lacking))).toBe("FORMATS_SHARD_MISSING");
  });
  test("a tokenizer it does not have", async () => {
    const checkpoint = await openCheckpointFrom(await gguf(named));
    expect(await codeOf(checkpoint.tokenizer())).toBe("FORMATS_NO_TOKENIZER");
  });
});

describe("Hugging Face folders", () => {
  const { fixture } = HF_FIXTURES.qwen2!;
  const encoder = new TextEncoder();

  test("read from disk into shared memory", async () => {
    const path = fresh(fixtureFiles(fixture, "BF16"));
    for (const at of [path, join(path, "model.safetensors")]) {
      const checkpoint = await openCheckpoint(at);
      expect(checkpoint.path).toBe(at);
      expect(checkpoint.metadata.get("general.file_type")).toBe(32);
      const tensor = checkpoint.tensors.get("blk.0.attn_q.weight")!;
      const shared = new Uint8Array(new SharedArrayBuffer(tensor.byteLength));
      await tensor.readInto(shared, 0);
      expect(Buffer.compare(shared, await bytesOf(tensor))).toBe(0);
      checkpoint.close();
    }
  });
  test("read shard by shard", async () => {
    const whole = await openCheckpointFrom(fixtureFiles(fixture));
    const { "config.json": config } = fixtureFiles(fixture);
    const halves = Object.entries(fixture.shapes);
    const shard = (from: number, to?: number) =>
      fixtureFiles({ ...fixture, shapes: Object.fromEntries(halves.slice(from, to)) })["model.safetensors"]!;
    const index = {
      weight_map: Object.fromEntries(
        halves.map(([name], i) => [name, i < 9 ? "a.safetensors" : "b.safetensors"]),
      ),
    };
    const files = {
      "config.json": config!,
      "a.safetensors": shard(0, 9),
      "b.safetensors": shard(9),
      "model.safetensors.index.json": encoder.encode(JSON.stringify(index)),
    };
    const path = fresh(files);
    const views = [
      await openCheckpointFrom(files),
      await openCheckpoint(path),
      await openCheckpoint(join(path, "model.safetensors.index.json")),
    ];
    for (const view of views) {
      expect([...view.tensors.keys()].sort()).toEqual([...whole.tensors.keys()].sort());
      for (const [name, tensor] of view.tensors) {
        expect(Buffer.compare(await bytesOf(tensor), await bytesOf(whole.tensors.get(name)!))).toBe(0);
      }
      view.close();
    }
    const { "b.safetensors": _, ...lacking } = files;
    expect(await codeOf(openCheckpointFrom(lacking))).toBe("FORMATS_SHARD_MISSING");
    const wrong = { ...files, "b.safetensors": files["a.safetensors"] };
    expect(await codeOf(openCheckpointFrom(wrong))).toBe("SAFETENSORS_SHARD_TENSOR_MISSING");
    const damaged = { ...files, "b.safetensors": files["b.safetensors"].slice(0, 50) };
    expect(await codeOf(openCheckpointFrom(damaged))).toBe("SAFETENSORS_SHARD_UNREADABLE");
  });
  test("take the chat template where transformers puts it", async () => {
    const template = async (files: Record<string, string>) =>
      (await openCheckpointFrom(fixtureFiles(fixture, "F32", files))).chatTemplate;
    const config = (chat_template: unknown) => ({
      "tokenizer_config.json": JSON.stringify({ chat_template }),
    });
    expect(await template({})).toBeUndefined();
    expect(await template(config(null))).toBeUndefined();
    expect(await template(config("A"))).toBe("A");
    expect(
      await template(
        config([
          { name: "tool_use", template: "T" },
          { name: "default", template: "D" },
        ]),
      ),
    ).toBe("D");
    expect(await template(config([{ name: "tool_use", template: "T" }]))).toBe("T");
    expect(await template({ "chat_template.json": '{"chat_template":"J"}', ...config("A") })).toBe("J");
    expect(await template({ "chat_template.jinja": "F", ...config("A") })).toBe("F");
  });
  test("a lone file of weights of another name", async () => {
    const { "model.safetensors": weights, ...rest } = fixtureFiles(fixture);
    const checkpoint = await openCheckpointFrom({ ...rest, "other.safetensors": weights! });
    expect(checkpoint.architecture).toBe("qwen2");
  });
});

describe("refused, saying why", () => {
  const { fixture } = HF_FIXTURES.llama!;
  const good = fixtureFiles(fixture);
  const bytes = (text: string) => new TextEncoder().encode(text);
  const configured = (change: Record<string, unknown>) => ({
    ...good,
    "config.json": bytes(JSON.stringify({ ...fixture.config, ...change })),
  });
  const cases: [string, Record<string, Uint8Array>, string, string][] = [
    ["an empty folder", {}, "FORMATS_NO_WEIGHTS", "no .gguf file"],
    [
      "weights without a config",
      { "model.safetensors": good["model.safetensors"]! },
      "FORMATS_NO_CONFIG",
      "beside",
    ],
    [
      "a config without weights",
      { "config.json": good["config.json"]! },
      "FORMATS_NO_WEIGHTS",
      "model.safetensors",
    ],
    [
      "pickled weights",
      { "config.json": good["config.json"]!, "pytorch_model.bin": bytes("") },
      "FORMATS_NO_WEIGHTS",
      "PyTorch",
    ],
    [
      "files that do not say how they belong together",
      {
        "config.json": good["config.json"]!,
        "a.safetensors": good["model.safetensors"]!,
        "b.safetensors": good["model.safetensors"]!,
      },
      "FORMATS_NO_WEIGHTS",
      "index",
    ],
    ["an unknown model_type", configured({ model_type: "mamba" }), "FORMATS_UNKNOWN_MODEL_TYPE", "qwen3_moe"],
    [
      "more layers than weights",
      configured({ num_hidden_layers: 3 }),
      "FORMATS_TENSORS_MISSING",
      "layers.2.",
    ],
    [
      "fewer layers than weights",
      configured({ num_hidden_layers: 1 }),
      "FORMATS_TENSOR_UNEXPECTED",
      "layers.1.",
    ],
    [
      "an output matrix that should be there",
      fixtureFiles({
        config: { ...fixture.config, tie_word_embeddings: false },
        shapes: Object.fromEntries(
          Object.entries(fixture.shapes).filter(([name]) => name !== "lm_head.weight"),
        ),
      }),
      "FORMATS_TENSORS_MISSING",
      "lm_head.weight",
    ],
    ["small floats", fixtureFiles(fixture, "F8_E4M3"), "FORMATS_UNSUPPORTED", "F8_E4M3"],
  ];
  for (const [why, files, code, says] of cases) {
    test(why, async () => {
      const error = await openCheckpointFrom(files).catch((e: unknown) => e);
      expect(error).toMatchObject({ code });
      expect((error as Error).message).toContain(says);
    });
  }
  test("paths that are not there, models that cannot be told apart", async () => {
    expect(await codeOf(openCheckpoint(join(folder, "nothing.gguf")))).toBe("FORMATS_NOT_FOUND");
    const two = { "a.gguf": await gguf(named), "b.gguf": await gguf(named) };
    expect(await codeOf(openCheckpointFrom(two))).toBe("FORMATS_UNKNOWN_FORMAT");
  });
  test("a configuration of hundreds of megabytes is not read", async () => {
    const source = { size: 2 ** 30, readInto: () => {} };
    const huge = { path: "huge", names: () => ["config.json"], open: () => source };
    expect(await codeOf(openCheckpointFrom(huge))).toBe("FORMATS_UNREADABLE");
  });
  test("a folder that fails otherwise", async () => {
    const failing = {
      path: "failing",
      names: () => ["config.json"],
      open: () => {
        throw new Error("offline");
      },
    };
    expect(openCheckpointFrom(failing)).rejects.toThrow("offline");
  });
  test("a GGUF file without an architecture, and one that is none", async () => {
    expect(await codeOf(openCheckpointFrom(await gguf(new Map())))).toBe("FORMATS_NO_ARCHITECTURE");
    expect(await codeOf(openCheckpointFrom(new Uint8Array(100)))).toStartWith("GGUF_");
  });
  test("weights that are damaged", async () => {
    const cut = { ...good, "model.safetensors": good["model.safetensors"]!.slice(0, 100) };
    expect(await codeOf(openCheckpointFrom(cut))).toStartWith("SAFETENSORS_");
  });
  test("weights of differing experts", async () => {
    const { fixture: mixtral } = HF_FIXTURES.mixtral!;
    const name = "model.layers.0.block_sparse_moe.experts.1.w1.weight";
    const shapes = { ...mixtral.shapes, [name]: [255, 128] };
    expect(await codeOf(openCheckpointFrom(fixtureFiles({ ...mixtral, shapes })))).toBe(
      "FORMATS_TENSOR_SHAPE",
    );
  });
  test("many missing tensors are counted", async () => {
    const files = { ...good, "model.safetensors": writeSafetensors([]) };
    const error = await openCheckpointFrom(files).catch((e: unknown) => e);
    expect((error as Error).message).toMatch(/ and \d+ more/);
  });
});

describe.skipIf(!testData)(titled("real folders"), () => {
  test("an incomplete one is refused by its model_type, naming the known ones", async () => {
    const error = await openCheckpoint(join(testData!, "checkpoints/tiny-one-layer")).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code: "FORMATS_UNKNOWN_MODEL_TYPE", fields: { modelType: "tiny_test" } });
    expect((error as Error).message).toContain("qwen3_moe");
  });
  test("Llama 3's rope factors are those of a GGUF file, within float32's rounding", async () => {
    const gguf = await openCheckpoint(join(testData!, "architectures/llama3-ropefreqs.gguf"));
    const view = await openCheckpointFrom(fixtureFiles(HF_FIXTURES["llama 3"]!.fixture));
    const expected = await floatsOf(gguf.tensors.get("rope_freqs.weight"));
    for (const [pair, factor] of (await floatsOf(view.tensors.get("rope_freqs.weight"))).entries()) {
      expect(Math.abs(factor / expected[pair]! - 1)).toBeLessThan(4e-7);
    }
    gguf.close();
  });
});
