import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  dequantize,
  GGML_TYPES,
  type GgmlTypeName,
  GgufLengthError,
  GgufUnsupportedTypeError,
  isQuantizable,
  openGguf,
  type QuantizableType,
  quantize,
} from "../../src/index.ts";
import { dataFile, testData } from "../data.ts";
import fixture from "../fixtures/quantize.json" with { type: "json" };

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(base64, "base64"));

const QUANTIZABLE = (Object.keys(GGML_TYPES) as GgmlTypeName[]).filter(isQuantizable);

/**
 * Largest error of one element as a part of the largest magnitude of its 256. Of the types with one scale a block it is
 * half a step (for Q4_0 and Q5_0 a whole one at the positive end); of the K types, whose scales are rounded too and
 * chosen for the least squared error, it is what dense, sparse and one-sided noise gave, and a fifth more.
 */
const WORST: Record<QuantizableType, number> = {
  F32: 0,
  F16: 2 ** -11,
  BF16: 2 ** -8,
  Q8_0: 1 / 200,
  Q6_K: 0.03,
  Q5_0: 1 / 15.9,
  Q5_1: 0.036,
  Q5_K: 0.08,
  Q4_0: 1 / 7.9,
  Q4_1: 0.075,
  Q4_K: 0.15,
  IQ4_NL: 0.165,
  IQ4_XS: 0.165,
  MXFP4: 0.26,
  Q3_K: 0.4,
  Q2_K: 0.8,
  TQ1_0: 0.501,
  TQ2_0: 0.501,
};

describe("quantize", () => {
  test.each(Object.entries(fixture.types))("%s gives ggml's bytes", (type, { rowLength, blocks }) => {
    const input = fixture.inputs[String(rowLength) as keyof typeof fixture.inputs];
    const floats = new Float32Array(bytesOf(input).buffer);
    expect(quantize(type as GgmlTypeName, floats, rowLength)).toEqual(bytesOf(blocks));
  });

  test.each(QUANTIZABLE)("%s: zeros stay zeros", (type) => {
    const bytes = quantize(type, new Float32Array(512), 256);
    expect(dequantize(type, bytes).every((value) => value === 0)).toBe(true);
  });

  test.each(QUANTIZABLE)("%s: errors stay within the step of the type, at any scale", (type) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -4096, max: 4096 }), { minLength: 256, maxLength: 256, size: "max" }),
        fc.integer({ min: -6, max: 6 }),
        (integers, exponent) => {
          const floats = Float32Array.from(integers, (value) => value * 2 ** (exponent - 12));
          const back = dequantize(type, quantize(type, floats, 256));
          const largest = floats.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          const worst = floats.reduce((most, value, i) => Math.max(most, Math.abs(value - back[i]!)), 0);
          expect(worst).toBeLessThanOrEqual(largest * WORST[type]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each(QUANTIZABLE)("%s: a row's bytes depend on nothing beside it", (type) => {
    const floats = Float32Array.from({ length: 1024 }, (_, i) => Math.sin(i * i));
    const together = quantize(type, floats, 256);
    const half = together.length / 2;
    expect(quantize(type, floats.subarray(512), 512)).toEqual(together.slice(half));
  });

  test.each(QUANTIZABLE)("%s: not even infinities and NaN hang or throw", (type) => {
    const floats = new Float32Array(256).fill(1);
    floats.set([Infinity, -Infinity, Number.NaN, 3e38, -3e38, 1e-42]);
    expect(quantize(type, floats, 256).length).toBe(
      (256 / GGML_TYPES[type].blockLength) * GGML_TYPES[type].blockBytes,
    );
  });

  test.each(["Q8_0", "Q4_0", "Q5_0", "TQ1_0", "TQ2_0"] as const)(
    "%s: values on the grid are kept",
    (type) => {
      const first = dequantize(
        type,
        quantize(
          type,
          Float32Array.from({ length: 256 }, (_, i) => Math.cos(i)),
          256,
        ),
      );
      const second = dequantize(type, quantize(type, first, 256));
      for (let i = 0; i < 256; i++) expect(second[i]).toBeCloseTo(first[i]!, 3);
    },
  );

  test("types without an encoder and lengths that do not fit are refused", () => {
    expect(isQuantizable("IQ1_S")).toBe(false);
    expect(() => quantize("IQ1_S", new Float32Array(256), 256)).toThrow(GgufUnsupportedTypeError);
    expect(() => quantize("Q8_0", new Float32Array(33), 33)).toThrow(GgufLengthError);
    expect(() => quantize("Q8_0", new Float32Array(33), 32)).toThrow(GgufLengthError);
    expect(() => quantize("Q8_0", new Float32Array(32), 0)).toThrow(GgufLengthError);
    expect(quantize("Q8_0", new Float32Array(0), 32).length).toBe(0);
  });
});

describe.skipIf(!testData)("models quantized by llama.cpp (need REALIZAR_TEST_DATA)", () => {
  const names = "f16 bf16 q8_0 q4_0 q4_1 q5_0 q5_1 iq4_nl iq4_xs q2_k q3_k_m q4_k_m q5_k_m tq1_0 tq2_0".split(
    " ",
  );
  test.each(names)("%s.gguf: every tensor to the byte", async (name) => {
    const source = await dataFile("quantizations/f32.gguf");
    const { tensors } = await openGguf(source);
    const bytes = await dataFile(`quantizations/${name}.gguf`);
    const target = await openGguf(bytes);
    for (const { name: tensor, type, shape, offset, byteLength } of target.tensors) {
      const from = tensors.find((entry) => entry.name === tensor)!;
      const floats = dequantize("F32", source.subarray(from.offset, from.offset + from.byteLength));
      const quantized = quantize(type, floats, shape.at(-1)!);
      const same = Buffer.compare(quantized, bytes.subarray(offset, offset + byteLength)) === 0;
      expect(`${tensor} ${type} ${same}`).toBe(`${tensor} ${type} true`);
    }
  });
});
