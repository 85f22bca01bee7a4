import { describe, expect, test } from "bun:test";
import { dequantize } from "@realizar/gguf";
import type { Dtype } from "@realizar/safetensors";
import fc from "fast-check";
import { ggufTensor } from "../src/hf/gguf-tensor.ts";
import { computed, everyOther, half, ropePairs, stacked, transposed } from "../src/hf/layouts.ts";
import { mxfp4 } from "../src/hf/mxfp4.ts";
import { elements, grouped, type RawTensor } from "../src/hf/raw-tensor.ts";
import { bytesOf, floatsOf } from "./bytes.ts";

function raw(shape: readonly number[], dtype: Dtype = "U8", data?: ArrayBufferView): RawTensor {
  const view = data ?? Uint8Array.from({ length: elements(shape) }, (_, i) => i);
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return {
    name: "t",
    dtype,
    shape,
    byteLength: bytes.byteLength,
    readInto: (dst, offset) => dst.set(bytes.subarray(offset, offset + dst.byteLength)),
  };
}

const all = async (tensor: RawTensor) => {
  const bytes = new Uint8Array(tensor.byteLength);
  await tensor.readInto(bytes, 0);
  return [...bytes];
};

test("any part of grouped bytes equals the same part of the whole", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(44),
      fc.nat(44),
      async (groupBytes, groups, a, b) => {
        const read = grouped(groupBytes, (dst, group) => {
          expect(dst.byteLength).toBe(groupBytes);
          for (let i = 0; i < groupBytes; i++) dst[i] = group * groupBytes + i;
        });
        const total = groupBytes * groups;
        const [from, to] = [Math.min(a, b) % total, Math.min(Math.max(a, b), total)].sort((x, y) => x - y);
        const part = new Uint8Array(to! - from!);
        await read(part, from!);
        expect([...part]).toEqual(Array.from(part, (_, i) => from! + i));
      },
    ),
  );
});

describe("rope pairs", () => {
  test("interleave the halves of each head", async () => {
    expect(await all(ropePairs(raw([8, 1]), 2))).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
    expect(await all(ropePairs(raw([6]), 1))).toEqual([0, 3, 1, 4, 2, 5]);
  });
  test("move whole rows", async () => {
    expect(await all(ropePairs(raw([4, 2]), 1))).toEqual([0, 1, 4, 5, 2, 3, 6, 7]);
  });
  test("refuse heads that do not divide the rows evenly", () => {
    expect(() => ropePairs(raw([6, 1]), 2)).toThrow("even number of rows");
  });
});

describe("experts", () => {
  test("stacked", async () => {
    const three = stacked([raw([1, 2]), raw([1, 2]), raw([1, 2])]);
    expect(three.shape).toEqual([3, 1, 2]);
    expect(await all(three)).toEqual([0, 1, 0, 1, 0, 1]);
    expect(() => stacked([raw([1, 2]), raw([2, 1])])).toThrow("expected [1, 2]");
  });
  test("every other row of each", async () => {
    expect(await all(everyOther(raw([2, 4, 2]), 0))).toEqual([0, 1, 4, 5, 8, 9, 12, 13]);
    expect(await all(everyOther(raw([2, 4, 2]), 1))).toEqual([2, 3, 6, 7, 10, 11, 14, 15]);
    expect(await all(everyOther(raw([2, 4]), 1))).toEqual([1, 3, 5, 7]);
    expect(() => everyOther(raw([2, 3]), 0)).toThrow("even second dimension");
  });
  test("one half of each", async () => {
    expect(await all(half(raw([2, 2, 2]), 0))).toEqual([0, 1, 4, 5]);
    expect(await all(half(raw([2, 2, 2]), 1))).toEqual([2, 3, 6, 7]);
    expect(() => half(raw([2, 3, 1]), 0)).toThrow("even second dimension");
  });
  test("transposed", async () => {
    const turned = transposed(raw([2, 2, 3]));
    expect(turned.shape).toEqual([2, 3, 2]);
    expect(await all(turned)).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
    const wide = transposed(raw([1, 2, 2], "U16", new Uint16Array([1, 2, 3, 4])));
    expect(await all(wide)).toEqual([1, 0, 3, 0, 2, 0, 4, 0]);
    expect(() => transposed(raw([4, 4]))).toThrow("three dimensions");
  });
});

describe("MXFP4", () => {
  // FP4 E2M1 (OCP MX 1.0, section 5.3.3).
  const E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6];

  test("dequantizes to the codes of the pair, in their order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        fc.uint8Array({ minLength: 4, maxLength: 4, max: 140 }),
        async (codes, exponents) => {
          const scales = exponents.map((exponent) => Math.max(exponent, 115));
          const tensor = mxfp4("x", raw([2, 1, 2, 16], "U8", codes), raw([2, 1, 2], "U8", scales));
          expect(tensor).toMatchObject({ type: "MXFP4", shape: [2, 1, 64], byteLength: 4 * 17 });
          const expected = Array.from({ length: 128 }, (_, i) => {
            const code = (codes[i >> 1]! >> ((i & 1) * 4)) & 15;
            return E2M1[code]! * 2 ** (scales[i >> 5]! - 127);
          });
          const floats = dequantize("MXFP4", await bytesOf(tensor));
          expect(Array.from(floats, (value) => value + 0)).toEqual(expected.map((value) => value + 0));
        },
      ),
      { numRuns: 30 },
    );
  });
  test("refuses pairs that do not belong together", () => {
    const blocks = raw([1, 1, 1, 16]);
    expect(() => mxfp4("x", raw([1, 1, 16]), raw([1, 1, 1]))).toThrow("[experts, rows, blocks, 16]");
    expect(() => mxfp4("x", blocks, raw([1, 1, 2]))).toThrow("expected [1, 1, 1]");
  });
});

describe("element types", () => {
  const one = (dtype: Dtype, data: ArrayBufferView, shape: readonly number[]) => raw(shape, dtype, data);

  test("matrices stay what they are", () => {
    for (const dtype of ["F32", "F16", "BF16"] as const) {
      const data = dtype === "F32" ? new Float32Array(4) : new Uint16Array(4);
      expect(ggufTensor("x.weight", one(dtype, data, [2, 2])).type).toBe(dtype);
    }
  });
  test("F64 becomes F32", async () => {
    const tensor = ggufTensor("x.weight", one("F64", new Float64Array([1, 2, 3, 0.1]), [2, 2]));
    expect(await floatsOf(tensor)).toEqual([1, 2, 3, Math.fround(0.1)]);
  });
  test("vectors, norms, routers and biases become F32", async () => {
    const bf16 = new Uint16Array([0x3f80, 0x4000]);
    const cases: [string, readonly number[]][] = [
      ["x.weight", [2]],
      ["blk.0.attn_norm.weight", [1, 2]],
      ["blk.0.ffn_gate_inp.weight", [1, 2]],
      ["position_embd.weight", [1, 2]],
      ["blk.0.ffn_up_exps.bias", [1, 2]],
    ];
    for (const [name, shape] of cases) {
      expect(await floatsOf(ggufTensor(name, one("BF16", bf16, shape)))).toEqual([1, 2]);
    }
    expect(await floatsOf(ggufTensor("x.weight", one("F16", new Uint16Array([0x3c00]), [1])))).toEqual([1]);
  });
  test("one is added in F32", async () => {
    const tensor = ggufTensor("x_norm.weight", one("F32", new Float32Array([0.5, -1]), [2]), 1);
    expect(await floatsOf(tensor)).toEqual([1.5, 0]);
  });
  test("integers and small floats are refused", () => {
    expect(() => ggufTensor("x.weight", raw([2, 2], "F8_E4M3"))).toThrow("F8_E4M3");
  });
  test("computed numbers are F32", async () => {
    expect(await floatsOf(ggufTensor("rope_freqs.weight", computed("rope_freqs.weight", [1, 0.1])))).toEqual([
      1,
      Math.fround(0.1),
    ]);
  });
});
