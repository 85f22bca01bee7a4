import { describe, expect, test } from "bun:test";
import { dequantize, f32ToF16, GGML_TYPES, type GgmlTypeName, GgufLengthError } from "../../src/index.ts";
import { dataFile, testData } from "../data.ts";
import fixture from "../fixtures/dequantize.json" with { type: "json" };

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(base64, "base64"));

/** Compares bits, so that signs of zero count. */
function expectSameBits(actual: Float32Array, expected: Uint8Array): void {
  expect(Buffer.compare(new Uint8Array(actual.buffer), expected)).toBe(0);
}

describe("dequantize", () => {
  test.each(Object.entries(fixture.types))(
    "%s agrees with the reference to the bit",
    (type, { blocks, floats }) => {
      expectSameBits(dequantize(type as GgmlTypeName, bytesOf(blocks)), bytesOf(floats));
    },
  );

  test("plain numbers", () => {
    const cases: [GgmlTypeName, ArrayBufferView<ArrayBuffer>, number[]][] = [
      ["F32", new Float32Array([1.5, -0]), [1.5, -0]],
      ["F64", new Float64Array([1.1, -2]), [Math.fround(1.1), -2]],
      ["F16", new Uint16Array([0x3c00, 0xc000]), [1, -2]],
      ["BF16", new Uint16Array([0x3f80, 0xc000]), [1, -2]],
      ["I8", new Int8Array([-128, 127]), [-128, 127]],
      ["I16", new Int16Array([-32768, 5]), [-32768, 5]],
      ["I32", new Int32Array([-7, 2 ** 30]), [-7, 2 ** 30]],
      ["I64", new BigInt64Array([-7n, 2n ** 40n]), [-7, 2 ** 40]],
    ];
    for (const [type, view, expected] of cases) {
      const bytes = new Uint8Array(view.buffer);
      expect(Array.from(dequantize(type, bytes))).toEqual(expected);
      const unaligned = new Uint8Array(bytes.length + 1);
      unaligned.set(bytes, 1);
      expect(Array.from(dequantize(type, unaligned.subarray(1)))).toEqual(expected);
    }
  });

  test("Q8_1 and Q8_K are a scale times int8", () => {
    const q81 = new Uint8Array(36);
    new DataView(q81.buffer).setUint16(0, f32ToF16(0.5), true);
    q81.set([255, 4], 4);
    expect(Array.from(dequantize("Q8_1", q81).slice(0, 3))).toEqual([-0.5, 2, 0]);
    const q8k = new Uint8Array(292);
    new DataView(q8k.buffer).setFloat32(0, 0.25, true);
    q8k.set([255, 4], 4);
    expect(Array.from(dequantize("Q8_K", q8k).slice(0, 3))).toEqual([-0.25, 1, 0]);
  });

  test("Q1_0 is a sign each, Q2_0 one of four levels", () => {
    const q1 = new Uint8Array(18);
    new DataView(q1.buffer).setUint16(0, f32ToF16(3), true);
    q1[2] = 0b101;
    q1[17] = 0x80;
    const signs = dequantize("Q1_0", q1);
    expect(Array.from(signs.slice(0, 4))).toEqual([3, -3, 3, -3]);
    expect(signs[127]).toBe(3);
    const q2 = new Uint8Array(18);
    new DataView(q2.buffer).setUint16(0, f32ToF16(3), true);
    q2[2] = 0b11_10_01_00;
    expect(Array.from(dequantize("Q2_0", q2).slice(0, 5))).toEqual([-3, 0, 3, 6, -3]);
  });

  test("the special scales of NVFP4 and MXFP4", () => {
    const nvfp4 = new Uint8Array(36).fill(0x77, 4);
    nvfp4.set([0x7f, 0, 1, 0x38]);
    const floats = dequantize("NVFP4", nvfp4);
    expect([floats[0], floats[16], floats[32], floats[48]]).toEqual([0, 0, 6 * 2 ** -9, 6]);
    const mxfp4 = new Uint8Array(17).fill(0x22);
    for (const exponent of [0, 1, 127, 254]) {
      mxfp4[0] = exponent;
      expect(dequantize("MXFP4", mxfp4)[0]).toBe(Math.fround(2 ** (exponent - 127)));
    }
  });

  test("writes into the array it is given", () => {
    const out = new Float32Array(34).subarray(1, 33);
    const bytes = new Uint8Array(34).fill(1);
    expect(dequantize("Q8_0", bytes, out)).toBe(out);
    expect(out[0]).toBe(dequantize("Q8_0", bytes)[0]!);
    const floats = new Float32Array(4).subarray(1, 3);
    dequantize("F32", new Uint8Array(new Float32Array([5, 6]).buffer), floats);
    expect(Array.from(floats)).toEqual([5, 6]);
  });

  test("lengths that do not fit are refused", () => {
    for (const type of Object.values(GGML_TYPES)) {
      expect(dequantize(type.name, new Uint8Array(0)).length).toBe(0);
      expect(() => dequantize(type.name, new Uint8Array(type.blockBytes), new Float32Array(0))).toThrow(
        GgufLengthError,
      );
      if (type.blockBytes > 1) {
        expect(() => dequantize(type.name, new Uint8Array(type.blockBytes + 1))).toThrow(GgufLengthError);
      }
    }
  });
});

describe.skipIf(!testData)("random blocks (need REALIZAR_TEST_DATA)", () => {
  const folder = "quantizers/random-dequant";
  test("every type agrees with gguf-py to the bit", async () => {
    const { types } = JSON.parse(new TextDecoder().decode(await dataFile(`${folder}/index.json`)));
    expect(types.length).toBeGreaterThan(20);
    for (const { type } of types) {
      const floats = dequantize(type, await dataFile(`${folder}/${type}.bin`));
      expectSameBits(floats, await dataFile(`${folder}/${type}.f32`));
    }
  });
});
