import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  GGML_TYPES,
  type GgmlTypeName,
  type GgufArray,
  type GgufFile,
  GgufLengthError,
  GgufMetadataError,
  type GgufScalar,
  GgufTensorError,
  type GgufTensorSource,
  type GgufValue,
  openGguf,
  writeGguf,
  writeGgufBytes,
} from "../src/index.ts";
import { dataFile, dataFiles, testData } from "./data.ts";

const scalar: fc.Arbitrary<GgufScalar> = fc.oneof(
  fc.integer({ min: 0, max: 255 }).map((value) => ({ type: "uint8", value }) as const),
  fc.integer({ min: -128, max: 127 }).map((value) => ({ type: "int8", value }) as const),
  fc.integer({ min: 0, max: 65_535 }).map((value) => ({ type: "uint16", value }) as const),
  fc.integer({ min: -32_768, max: 32_767 }).map((value) => ({ type: "int16", value }) as const),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((value) => ({ type: "uint32", value }) as const),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((value) => ({ type: "int32", value }) as const),
  fc.float().map((value) => ({ type: "float32", value }) as const),
  fc.double().map((value) => ({ type: "float64", value }) as const),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({ type: "uint64", value }) as const),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ type: "int64", value }) as const),
  fc.boolean().map((value) => ({ type: "bool", value }) as const),
  fc.string({ unit: "grapheme" }).map((value) => ({ type: "string", value }) as const),
);

const flat: fc.Arbitrary<GgufArray> = fc.oneof(
  fc.uint8Array().map((value) => ({ type: "array", elementType: "uint8", value }) as const),
  fc.int8Array().map((value) => ({ type: "array", elementType: "int8", value }) as const),
  fc.uint16Array().map((value) => ({ type: "array", elementType: "uint16", value }) as const),
  fc.int16Array().map((value) => ({ type: "array", elementType: "int16", value }) as const),
  fc.uint32Array().map((value) => ({ type: "array", elementType: "uint32", value }) as const),
  fc.int32Array().map((value) => ({ type: "array", elementType: "int32", value }) as const),
  fc.float32Array().map((value) => ({ type: "array", elementType: "float32", value }) as const),
  fc.float64Array().map((value) => ({ type: "array", elementType: "float64", value }) as const),
  fc.bigUint64Array().map((value) => ({ type: "array", elementType: "uint64", value }) as const),
  fc.bigInt64Array().map((value) => ({ type: "array", elementType: "int64", value }) as const),
  fc.array(fc.boolean()).map((value) => ({ type: "array", elementType: "bool", value }) as const),
  fc
    .array(fc.string({ unit: "grapheme" }))
    .map((value) => ({ type: "array", elementType: "string", value }) as const),
);

const nested: fc.Arbitrary<GgufArray> = fc
  .array(flat, { maxLength: 3 })
  .map((value) => ({ type: "array", elementType: "array", value }) as const);

const value: fc.Arbitrary<GgufValue> = fc.oneof(scalar, flat, nested);

const tensor = fc
  .record({
    type: fc.constantFrom(...(Object.keys(GGML_TYPES) as GgmlTypeName[])),
    outer: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    blocks: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ type, outer, blocks }) => {
    const { blockLength, blockBytes } = GGML_TYPES[type];
    const length = outer.reduce((product, dimension) => product * dimension, blocks * blockBytes);
    return { type, shape: [...outer, blocks * blockLength], bytes: new Uint8Array(length).fill(length + 1) };
  });

/** The tensors of a file with their data, to be written again. */
function sourcesOf(file: GgufFile, bytes: Uint8Array): GgufTensorSource[] {
  return file.tensors.map((entry) => ({
    ...entry,
    data: () => bytes.subarray(entry.offset, entry.offset + entry.byteLength),
  }));
}

/** A value with its typed arrays as bytes: `toEqual` takes a NaN inside a Float64Array for unlike itself. */
function inBytes(value: GgufValue | undefined): unknown {
  if (value?.type !== "array") return value;
  if (value.elementType === "array") return { ...value, value: value.value.map(inBytes) };
  if (!ArrayBuffer.isView(value.value)) return value;
  const { buffer, byteOffset, byteLength } = value.value;
  return { ...value, value: new Uint8Array(buffer, byteOffset, byteLength) };
}

describe("writeGguf", () => {
  test("what is written reads back, and is written again to the same bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(fc.string({ minLength: 1, unit: "grapheme" }), value), {
          selector: ([key]) => key,
        }),
        fc.array(tensor, { maxLength: 4 }),
        fc.constantFrom(undefined, 1, 8, 32, 256),
        async (entries, tensors, alignment) => {
          const metadata = new Map(entries.map(([key, entry]) => [`p.${key}`, entry]));
          const sources = tensors.map(({ type, shape, bytes }, i) => ({
            name: `t${i}`,
            type,
            shape,
            data: () => bytes,
          }));
          const bytes = await writeGgufBytes({ metadata, tensors: sources, alignment });
          const file = await openGguf(bytes);
          expect(file.alignment).toBe(alignment ?? 32);
          for (const [key, entry] of metadata)
            expect(inBytes(file.metadata.get(key))).toEqual(inBytes(entry));
          for (const [i, { type, shape, bytes: data }] of tensors.entries()) {
            const read = file.tensors[i]!;
            expect(read).toMatchObject({ name: `t${i}`, type, shape });
            expect(bytes.subarray(read.offset, read.offset + read.byteLength)).toEqual(data);
          }
          const again = await writeGgufBytes({ metadata: file.metadata, tensors: sourcesOf(file, bytes) });
          expect(again).toEqual(bytes);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("data may come later and in pieces, and is asked for in turn", async () => {
    const asked: string[] = [];
    async function* pieces() {
      asked.push("pieces");
      yield new Uint8Array([1, 2]);
      yield new Uint8Array([3]);
    }
    const later = async () => {
      asked.push("later");
      return new Uint8Array([4]);
    };
    const chunks: Uint8Array[] = [];
    for await (const chunk of writeGguf({
      metadata: new Map(),
      tensors: [
        { name: "a", type: "I8", shape: [3], data: pieces },
        { name: "b", type: "I8", shape: [1], data: later },
        { name: "c", type: "I8", shape: [1], data: () => [new Uint8Array([5])] },
      ],
    })) {
      if (chunks.length === 1) expect(asked).toEqual(["pieces"]);
      chunks.push(chunk);
    }
    expect(asked).toEqual(["pieces", "later"]);
    const bytes = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
    const { tensors } = await openGguf(bytes);
    expect(tensors.map(({ offset }) => bytes[offset])).toEqual([1, 4, 5]);
  });

  test("alignment replaces the key where it stands", async () => {
    const metadata = new Map<string, GgufValue>([
      ["general.alignment", { type: "uint32", value: 64 }],
      ["z", { type: "bool", value: true }],
    ]);
    const file = await openGguf(await writeGgufBytes({ metadata, tensors: [], alignment: 128 }));
    expect([...file.metadata.keys()]).toEqual(["general.alignment", "z"]);
    expect(file.alignment).toBe(128);
    expect(metadata.get("general.alignment")?.value).toBe(64);
    await expect(writeGgufBytes({ metadata, tensors: [], alignment: 3 })).rejects.toBeInstanceOf(
      GgufMetadataError,
    );
  });

  test("a tensor must give the bytes it promised", async () => {
    const write = (bytes: number) =>
      writeGgufBytes({
        metadata: new Map(),
        tensors: [{ name: "t", type: "F32", shape: [2], data: () => new Uint8Array(bytes) }],
      });
    await expect(write(7)).rejects.toBeInstanceOf(GgufLengthError);
    await expect(write(9)).rejects.toBeInstanceOf(GgufLengthError);
    expect((await write(8)).length).toBe(64 + 32);
  });

  test("tensor entries that cannot be", async () => {
    const write = (...tensors: Partial<GgufTensorSource>[]) =>
      writeGgufBytes({
        metadata: new Map(),
        tensors: tensors.map((entry) => ({
          name: "t",
          type: "Q4_0",
          shape: [32],
          data: () => new Uint8Array(18),
          ...entry,
        })),
      });
    await expect(write({}, {})).rejects.toBeInstanceOf(GgufTensorError);
    await expect(write({ shape: [33] })).rejects.toBeInstanceOf(GgufTensorError);
    await expect(write({ shape: [1, 1, 1, 1, 32] })).rejects.toBeInstanceOf(GgufTensorError);
    await expect(write({ shape: [-1, 32] })).rejects.toBeInstanceOf(GgufTensorError);
    await expect(write({ shape: [2 ** 40, 2 ** 40] })).rejects.toBeInstanceOf(GgufTensorError);
  });

  test("values that do not fit their type", async () => {
    const write = (entry: GgufValue, key = "k") =>
      writeGgufBytes({ metadata: new Map([[key, entry]]), tensors: [] });
    await expect(write({ type: "uint8", value: 256 })).rejects.toBeInstanceOf(GgufMetadataError);
    await expect(write({ type: "int16", value: 1.5 })).rejects.toBeInstanceOf(GgufMetadataError);
    await expect(write({ type: "uint64", value: -1n })).rejects.toBeInstanceOf(GgufMetadataError);
    await expect(write({ type: "bool", value: true }, "")).rejects.toBeInstanceOf(GgufMetadataError);
    let deep: GgufArray = { type: "array", elementType: "uint8", value: new Uint8Array(0) };
    for (let i = 0; i < 4; i++) deep = { type: "array", elementType: "array", value: [deep] };
    await expect(write(deep)).rejects.toBeInstanceOf(GgufMetadataError);
  });
});

describe.skipIf(!testData)("files of other writers (need REALIZAR_TEST_DATA)", () => {
  test.each(
    ["quantizations", "stories260K", "stories260K/gguf-py", "vocabularies"]
      .flatMap(dataFiles)
      .filter((path) => !path.includes("falcon")),
  )("%s is rewritten to the same bytes", async (path) => {
    const bytes = await dataFile(path);
    const file = await openGguf(bytes);
    const again = await writeGgufBytes({ metadata: file.metadata, tensors: sourcesOf(file, bytes) });
    expect(Buffer.compare(again, bytes)).toBe(0);
  });
});
