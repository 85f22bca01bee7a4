import { describe, expect, test } from "bun:test";
import { dequantize, type GgmlTypeName, ggmlByteLength, quantize } from "@realizar/gguf";
import type { DtypeName } from "@realizar/tensor";
import { encode, normals, seeded } from "@realizar/testing";
import fc from "fast-check";
import { convertFor, type StoredWeight, TensorTypeError } from "../src/index.ts";

const floats = normals(seeded(1), 3 * 512);

function stored(type: GgmlTypeName, over: Partial<StoredWeight> = {}): StoredWeight & { bytes: Uint8Array } {
  const bytes = encode(type, floats, 512, seeded(2));
  return {
    name: "w",
    type,
    shape: [3, 512],
    use: "matrix",
    layer: 0,
    bytes,
    readInto: (dst, offset) => dst.set(bytes.subarray(offset, offset + dst.length)),
    ...over,
  };
}

async function bytesOf(weight: StoredWeight, dtypes: readonly DtypeName[]): Promise<[DtypeName, Uint8Array]> {
  const source = convertFor(new Set(dtypes))(weight);
  const bytes = new Uint8Array(ggmlByteLength(source.dtype, floats.length));
  await source.readInto(bytes, 0);
  return [source.dtype, bytes];
}

describe("types", () => {
  test("a type that the backend has stays as it is", async () => {
    const weight = stored("Q4_K");
    expect(await bytesOf(weight, ["Q4_K", "F32"])).toEqual(["Q4_K", weight.bytes]);
  });
  test("a quantized matrix becomes F16", async () => {
    const weight = stored("Q4_K");
    const [dtype, bytes] = await bytesOf(weight, ["Q8_0", "F16", "F32"]);
    expect(dtype).toBe("F16");
    expect(bytes).toEqual(quantize("F16", dequantize("Q4_K", weight.bytes), 512));
  });
  test("or F32 where there are no halves", async () => {
    const weight = stored("Q6_K");
    const [dtype, bytes] = await bytesOf(weight, ["F32"]);
    expect(dtype).toBe("F32");
    expect(new Float32Array(bytes.buffer)).toEqual(dequantize("Q6_K", weight.bytes));
  });
  test("BF16 keeps its range", async () => {
    expect((await bytesOf(stored("BF16"), ["F16", "F32"]))[0]).toBe("F32");
  });
  test("vectors are F32", async () => {
    const [dtype, bytes] = await bytesOf(stored("F16", { use: "vector" }), ["F16"]);
    expect(dtype).toBe("F32");
    expect(new Float32Array(bytes.buffer)).toEqual(dequantize("F16", stored("F16").bytes));
  });
  test("without a type to become it is refused", () => {
    expect(() => convertFor(new Set(["Q8_0"]))(stored("Q4_0"))).toThrow(TensorTypeError);
    expect(() => convertFor(new Set(["F16"]))(stored("F64"))).toThrow("F64");
  });
});

test("any range of bytes is the same range of the whole", async () => {
  for (const [type, dtypes] of [
    ["Q4_K", ["F16"]],
    ["Q5_0", ["F32"]],
    ["F16", ["F32"]],
  ] as const) {
    const [, whole] = await bytesOf(stored(type), dtypes);
    const source = convertFor(new Set(dtypes))(stored(type));
    const offsets = fc.nat(whole.length);
    await fc.assert(
      fc.asyncProperty(offsets, offsets, async (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const part = new Uint8Array(to - from);
        await source.readInto(part, from);
        expect(part).toEqual(whole.slice(from, to));
      }),
      { numRuns: 30 },
    );
  }
});

test("a weight of many chunks, read from a source that answers later", async () => {
  const many = normals(seeded(3), 70_000);
  const bytes = new Uint8Array(quantize("F16", many, 70_000));
  const source = convertFor(new Set(["F32"]))({
    ...stored("F16"),
    shape: [70_000],
    readInto: async (dst, offset) => {
      await Promise.resolve();
      dst.set(bytes.subarray(offset, offset + dst.length));
    },
  });
  const out = new Float32Array(70_000);
  await source.readInto(new Uint8Array(out.buffer), 0);
  expect(out).toEqual(new Float32Array(dequantize("F16", bytes)));
});
