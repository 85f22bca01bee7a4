import { describe, expect, test } from "bun:test";
import {
  GgufError,
  type GgufErrorCode,
  GgufLimitError,
  GgufTensorError,
  type GgufValue,
  GgufWrongTypeError,
  openGguf,
  writeGgufBytes,
} from "../src/index.ts";
import { countingSource } from "./counting-source.ts";
import { dataFile, dataFiles, testData } from "./data.ts";
import { type RawFile, rawGguf } from "./raw-gguf.ts";

async function codeOf(input: Uint8Array): Promise<GgufErrorCode | "accepted"> {
  try {
    await openGguf(input);
    return "accepted";
  } catch (error) {
    if (error instanceof GgufError) return error.code;
    throw error;
  }
}

const raw = (file: RawFile): Promise<GgufErrorCode | "accepted"> => codeOf(rawGguf(file));

/** A file with every kind of value and three tensors. */
function sample(): Promise<Uint8Array<ArrayBuffer>> {
  const metadata = new Map<string, GgufValue>([
    ["general.architecture", { type: "string", value: "llama" }],
    ["llama.block_count", { type: "uint32", value: 2 }],
    ["llama.eps", { type: "float32", value: Math.fround(1e-5) }],
    ["flag", { type: "bool", value: true }],
    ["big", { type: "uint64", value: 2n ** 63n }],
    ["tokens", { type: "array", elementType: "string", value: ["<s>", "\uFEFF", "é", ""] }],
    ["scores", { type: "array", elementType: "float32", value: new Float32Array([0, -1.5, 2, 3]) }],
  ]);
  const floats = new Uint8Array(new Float32Array(64).fill(7).buffer);
  return writeGgufBytes({
    metadata,
    tensors: [
      { name: "a.weight", type: "F32", shape: [2, 32], data: () => floats },
      { name: "b.weight", type: "Q8_0", shape: [1, 32], data: () => new Uint8Array(34).fill(9) },
      { name: "c.bias", type: "F16", shape: [5], data: () => new Uint8Array(10).fill(8) },
    ],
  });
}

describe("openGguf", () => {
  test("reads metadata and the tensor table", async () => {
    const bytes = await sample();
    const file = await openGguf(bytes);
    expect(file.version).toBe(3);
    expect(file.alignment).toBe(32);
    expect(file.size).toBe(bytes.length);
    expect(file.metadata.get("tokens")).toEqual({
      type: "array",
      elementType: "string",
      value: ["<s>", "\uFEFF", "é", ""],
    });
    expect(file.metadata.get("big")).toEqual({ type: "uint64", value: 2n ** 63n });
    expect(file.tensors).toEqual([
      { name: "a.weight", type: "F32", shape: [2, 32], offset: file.dataOffset, byteLength: 256, shard: 0 },
      {
        name: "b.weight",
        type: "Q8_0",
        shape: [1, 32],
        offset: file.dataOffset + 256,
        byteLength: 34,
        shard: 0,
      },
      { name: "c.bias", type: "F16", shape: [5], offset: file.dataOffset + 320, byteLength: 10, shard: 0 },
    ]);
    expect(bytes[file.tensors[1]!.offset]).toBe(9);
  });

  test("takes a Blob as well as bytes", async () => {
    const bytes = await sample();
    expect(await openGguf(new Blob([bytes]))).toEqual(await openGguf(bytes));
  });

  test("reads each header byte once and no byte of tensor data, in few reads", async () => {
    const bytes = await sample();
    const source = countingSource(bytes);
    const { dataOffset } = await openGguf(source);
    expect(source.end).toBeLessThanOrEqual(dataOffset);
    expect(source.total).toBe(source.end);
    expect(source.reads).toBeLessThan(20);
  });

  test("a large vocabulary takes few reads", async () => {
    const value = Array.from({ length: 50_000 }, (_, i) => `token ${i}`);
    const bytes = await writeGgufBytes({
      metadata: new Map([["tokens", { type: "array", elementType: "string", value }]]),
      tensors: [{ name: "t", type: "I8", shape: [3], data: () => new Uint8Array(3) }],
    });
    const source = countingSource(bytes);
    const file = await openGguf(source);
    expect(file.metadata.get("tokens")?.value).toEqual(value);
    expect(source.end).toBeLessThanOrEqual(file.dataOffset);
    expect(source.reads).toBeLessThan(60);
  });

  test("the header may end the file where there are no tensors", async () => {
    expect(await raw({ alignment: 1 })).toBe("accepted");
    const file = await openGguf(rawGguf({ alignment: 1 }));
    expect(file.tensors).toEqual([]);
    expect(file.dataOffset).toBe(32);
  });

  test("version 1 has 32-bit counts and dimensions", async () => {
    const file = await openGguf(
      rawGguf({
        version: 1,
        entries: [
          {
            key: "names",
            type: 9,
            value: (writer) => {
              writer.uint32(8);
              writer.uint32(1);
              writer.uint32(2);
              writer.raw(new TextEncoder().encode("ab"));
            },
          },
        ],
        tensors: [{ name: "t", dims: [3, 2] }],
        data: 24,
      }),
    );
    expect(file.version).toBe(1);
    expect(file.metadata.get("names")?.value).toEqual(["ab"]);
    expect(file.tensors[0]).toMatchObject({ shape: [2, 3], byteLength: 24 });
  });

  test("general.alignment moves the data", async () => {
    const entry = (alignment: number) => ({
      key: "general.alignment",
      type: 4,
      value: (writer: { uint32(value: number): void }) => writer.uint32(alignment),
    });
    const tensors = [
      { name: "a", dims: [1] },
      { name: "b", dims: [1], offset: 4 },
    ];
    const tight = await openGguf(rawGguf({ entries: [entry(1)], tensors, alignment: 1, data: 8 }));
    expect(tight.tensors[1]!.offset).toBe(tight.dataOffset + 4);
    expect(await raw({ entries: [entry(64)], tensors, alignment: 64, data: 128 })).toBe("GGUF_BAD_TENSOR");
    for (const alignment of [0, 3, 13, 2 ** 21, 0xffffffff]) {
      expect(await raw({ entries: [entry(alignment)] })).toBe("GGUF_BAD_METADATA");
    }
    expect(await raw({ entries: [{ ...entry(32), type: 5 }] })).toBe("GGUF_BAD_METADATA");
  });

  test("scalars and zero dimensions take one and no elements", async () => {
    const file = await openGguf(
      rawGguf({
        tensors: [
          { name: "scalar", dims: [] },
          { name: "empty", dims: [4, 0], offset: 32 },
        ],
        data: 32,
      }),
    );
    expect(file.tensors.map(({ byteLength }) => byteLength)).toEqual([4, 0]);
  });
});

describe("refusals", () => {
  test("what is not GGUF, or not a version this reader knows", async () => {
    expect(await codeOf(new Uint8Array(0))).toBe("GGUF_TRUNCATED");
    expect(await raw({ magic: "FUGG" })).toBe("GGUF_BAD_MAGIC");
    for (const version of [0, 4, 0x0300_0000])
      expect(await raw({ version })).toBe("GGUF_UNSUPPORTED_VERSION");
    await expect(openGguf(rawGguf({ version: 0x0300_0000 }))).rejects.toThrow("big-endian");
  });

  test("counts the file cannot hold", async () => {
    expect(await raw({ tensorCount: 1000 })).toBe("GGUF_TRUNCATED");
    expect(await raw({ entryCount: 1000 })).toBe("GGUF_TRUNCATED");
    expect(await raw({ tensorCount: 2n ** 64n - 1n })).toBe("GGUF_LIMIT");
    expect(await raw({ entryCount: 2n ** 64n - 1n })).toBe("GGUF_LIMIT");
  });

  test("metadata that cannot be", async () => {
    const flag = { key: "k", type: 7, value: (writer: { uint8(value: number): void }) => writer.uint8(1) };
    expect(await raw({ entries: [flag] })).toBe("accepted");
    expect(await raw({ entries: [flag, flag] })).toBe("GGUF_BAD_METADATA");
    expect(await raw({ entries: [{ ...flag, key: "" }] })).toBe("GGUF_BAD_METADATA");
    expect(await raw({ entries: [{ ...flag, type: 13 }] })).toBe("GGUF_BAD_METADATA");
    expect(await raw({ entries: [{ ...flag, key: "k".repeat(65_536) }] })).toBe("GGUF_LIMIT");
    for (const key of ["__proto__", "constructor", "a\0b"])
      expect(await raw({ entries: [{ ...flag, key }] })).toBe("accepted");
  });

  test("array lengths beyond the file, before anything is allocated", async () => {
    for (const elementType of [0, 4, 7, 8, 9, 12]) {
      const code = await raw({
        entries: [
          {
            key: "k",
            type: 9,
            value: (writer) => {
              writer.uint32(elementType);
              writer.uint64(1_000_000_000n);
            },
          },
        ],
      });
      expect(code).toBe("GGUF_TRUNCATED");
    }
  });

  test("a header longer than any real one, in a file long enough for it", async () => {
    const header = rawGguf({
      entries: [
        {
          key: "k",
          type: 9,
          value: (writer) => {
            writer.uint32(0);
            writer.uint64(2n ** 30n);
          },
        },
      ],
    });
    const source = countingSource(header);
    await expect(openGguf({ size: 2 ** 40, readInto: source.readInto.bind(source) })).rejects.toMatchObject({
      code: "GGUF_LIMIT",
    });
    expect(source.total).toBeLessThan(100);
  });

  test("arrays nested too deep or too often", async () => {
    const nest = (depth: number): RawFile => ({
      entries: [
        {
          key: "k",
          type: 9,
          value: (writer) => {
            for (let i = 1; i < depth; i++) {
              writer.uint32(9);
              writer.uint64(1n);
            }
            writer.uint32(0);
            writer.uint64(0n);
          },
        },
      ],
    });
    expect(await raw(nest(4))).toBe("accepted");
    expect(await raw(nest(5))).toBe("GGUF_LIMIT");
    expect(await raw(nest(100_000))).toBe("GGUF_LIMIT");
    const many = rawGguf({
      entries: [
        {
          key: "k",
          type: 9,
          value: (writer) => {
            writer.uint32(9);
            writer.uint64(100_001n);
            writer.raw(new Uint8Array(12 * 100_001));
          },
        },
      ],
    });
    await expect(openGguf(many)).rejects.toBeInstanceOf(GgufLimitError);
  });

  test("tensor entries that cannot be", async () => {
    const data = 64;
    const t = { name: "t", dims: [4] };
    expect(await raw({ tensors: [t], data })).toBe("accepted");
    expect(await raw({ tensors: [t, { ...t, offset: 32 }], data })).toBe("GGUF_BAD_TENSOR");
    expect(await raw({ tensors: [{ ...t, rank: 5 }], data })).toBe("GGUF_BAD_TENSOR");
    expect(await raw({ tensors: [{ ...t, rank: 2 ** 32 - 1 }], data })).toBe("GGUF_BAD_TENSOR");
    expect(await raw({ tensors: [{ ...t, type: 4 }], data })).toBe("GGUF_BAD_TENSOR");
    expect(await raw({ tensors: [{ ...t, type: 2 ** 32 - 1 }], data })).toBe("GGUF_BAD_TENSOR");
    expect(await raw({ tensors: [{ ...t, offset: 32 }], data })).toBe("GGUF_BAD_TENSOR");
    expect(await raw({ tensors: [{ ...t, offset: 2n ** 64n - 32n }], data })).toBe("GGUF_BAD_TENSOR");
    expect(await raw({ tensors: [t, { ...t, name: "u", offset: 0 }], data })).toBe("GGUF_BAD_TENSOR");
    expect(await raw({ tensors: [{ ...t, dims: [32], type: 12 }], data })).toBe("GGUF_BAD_TENSOR");
    expect(await raw({ tensors: [{ ...t, dims: [2n ** 64n - 1n] }], data })).toBe("GGUF_BAD_TENSOR");
    expect(await raw({ tensors: [{ ...t, dims: [2 ** 31, 2 ** 31] }], data })).toBe("GGUF_BAD_TENSOR");
    expect(await raw({ tensors: [{ ...t, name: "n".repeat(1025) }], data })).toBe("GGUF_LIMIT");
    expect(await raw({ tensors: [{ ...t, dims: [17] }], data })).toBe("GGUF_TRUNCATED");
    await expect(openGguf(rawGguf({ tensors: [{ ...t, type: 4 }], data }))).rejects.toBeInstanceOf(
      GgufTensorError,
    );
  });

  test("a file cut anywhere before its end", async () => {
    const bytes = await sample();
    const last = (await openGguf(bytes)).tensors.at(-1)!;
    const needed = last.offset + last.byteLength;
    for (let length = 0; length < needed; length++) {
      if ((await codeOf(bytes.subarray(0, length))) !== "GGUF_TRUNCATED") throw new Error(`cut at ${length}`);
    }
    expect(await codeOf(bytes.subarray(0, needed))).toBe("accepted");
  });

  test("any flipped bit of the first 200 bytes is accepted or refused by name, within the header", async () => {
    const bytes = await sample();
    for (let bit = 0; bit < 1600; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const source = countingSource(damaged);
      await openGguf(source).catch((error) => {
        if (!(error instanceof GgufError)) throw error;
      });
      if (source.total > bytes.length || source.reads > 100)
        throw new Error(`bit ${bit} read ${source.total}`);
    }
  });

  test("errors carry fields", async () => {
    const error = new GgufWrongTypeError("k", "a string", "uint8");
    expect(error).toMatchObject({ code: "GGUF_WRONG_TYPE", key: "k", name: "GgufWrongTypeError" });
    await expect(openGguf(new Uint8Array(3))).rejects.toMatchObject({ offset: 0, needed: 4, size: 3 });
  });
});

describe.skipIf(!testData)("real and crafted files (need REALIZAR_TEST_DATA)", () => {
  test("the verdict on every crafted file", async () => {
    const folder = "bad/gguf-crafted";
    const cases = JSON.parse(new TextDecoder().decode(await dataFile(`${folder}/cases.json`)));
    expect(cases.length).toBeGreaterThan(50);
    for (const { file, expect: verdict } of cases) {
      const code = await codeOf(await dataFile(`${folder}/${file}`));
      if (verdict === "either") continue;
      expect(`${file} ${code === "accepted"}`).toBe(`${file} ${verdict !== "reject"}`);
    }
  });

  test("seeds and crashes of a fuzzer, and stubs of other projects", async () => {
    const glob = new Bun.Glob("bad/{gguf-fuzz-corpus,gguf-stubs}/*");
    let count = 0;
    for (const path of glob.scanSync(testData!)) {
      const bytes = await dataFile(path);
      const source = countingSource(bytes);
      await openGguf(source).catch((error) => {
        if (!(error instanceof GgufError)) throw error;
      });
      expect(source.total).toBeLessThanOrEqual(bytes.length);
      count++;
    }
    expect(count).toBeGreaterThan(100);
  });

  test("versions 1 and 2", async () => {
    const v1 = await openGguf(await dataFile("gguf-versions/ggml-vocab-llama.v1.gguf"));
    const v2 = await openGguf(await dataFile("gguf-versions/ggml-vocab-falcon.v2.gguf"));
    expect([v1.version, v2.version]).toEqual([1, 2]);
    const tokens = v1.metadata.get("tokenizer.ggml.tokens");
    expect(tokens?.type === "array" && tokens.value.length).toBe(32_000);
  });

  test.each(dataFiles("architectures").concat(dataFiles("quantizations"), dataFiles("stories260K")))(
    "%s: no byte of tensor data is read",
    async (path) => {
      const source = countingSource(await dataFile(path));
      const { tensors, dataOffset } = await openGguf(source);
      expect(tensors.length).toBeGreaterThan(0);
      expect(source.end).toBeLessThanOrEqual(dataOffset);
      expect(source.total).toBe(source.end);
    },
  );
});
