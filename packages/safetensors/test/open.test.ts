import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openSafetensors, writeSafetensors } from "../src/index.ts";
import { codeOf, fileOf } from "./build.ts";
import { testData } from "./data.ts";

const file = writeSafetensors(
  [
    { name: "floats", dtype: "F32", shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) },
    { name: "halves", dtype: "F16", shape: [2], data: new Uint16Array([0x3c00, 0xc000]) },
  ],
  [["format", "pt"]],
);

describe("reading", () => {
  const source = {
    size: file.byteLength,
    readInto: (dst: Uint8Array, offset: number) => dst.set(file.subarray(offset, offset + dst.byteLength)),
  };
  for (const [kind, from] of [
    ["bytes", file],
    ["a blob", new Blob([file as Uint8Array<ArrayBuffer>])],
    ["a byte source", source],
  ] as const) {
    test(`from ${kind}`, async () => {
      const opened = await openSafetensors(from);
      expect(opened.metadata).toEqual(new Map([["format", "pt"]]));
      expect([...opened.tensors.keys()]).toEqual(["floats", "halves"]);
      expect([...(await opened.readFloat32("floats"))]).toEqual([1, 2, 3, 4]);
      expect([...(await opened.readFloat32("halves"))]).toEqual([1, -2]);
      const part = new Uint8Array(4);
      await opened.readInto(opened.tensor("floats"), part, 8);
      expect(new Float32Array(part.buffer)[0]).toBe(3);
    });
  }

  test("into shared memory", async () => {
    const opened = await openSafetensors(file);
    const shared = new Uint8Array(new SharedArrayBuffer(16));
    await opened.readInto(opened.tensor("floats"), shared);
    expect([...new Float32Array(shared.buffer)]).toEqual([1, 2, 3, 4]);
  });

  test("a name that is not there, a range that is not there", async () => {
    const opened = await openSafetensors(file);
    expect(await codeOf(opened.read("nothing"))).toBe("SAFETENSORS_TENSOR_MISSING");
    expect(() => opened.readInto(opened.tensor("floats"), new Uint8Array(9), 8)).toThrow("outside");
  });

  test("a source shorter than it says", async () => {
    const blob = new Blob([file.slice(0, 20)]);
    const lying = { size: 1000, readInto: (dst: Uint8Array, at: number) => read(blob, dst, at) };
    expect(await codeOf(openSafetensors(lying))).toStartWith("SAFETENSORS_");
    async function read(from: Blob, dst: Uint8Array, at: number) {
      dst.set(new Uint8Array(await from.slice(at, at + dst.length).arrayBuffer()));
    }
  });
});

describe("views", () => {
  test("share memory where the bytes are aligned", async () => {
    const opened = await openSafetensors(file);
    const { data, copied } = opened.view("floats");
    expect(copied).toBe(false);
    expect(data.buffer).toBe(file.buffer);
    expect(data).toEqual(new Float32Array([1, 2, 3, 4]));
    expect(opened.view("halves").data).toEqual(new Uint16Array([0x3c00, 0xc000]));
  });
  test("copy where they are not", async () => {
    const opened = await openSafetensors(
      fileOf('{"a":{"dtype":"U32","shape":[1],"data_offsets":[0,4]}}   ', 4),
    );
    const { data, copied } = opened.view("a");
    expect(copied).toBe(true);
    expect(data).toEqual(new Uint32Array([0x03020100]));
  });
});

const real = testData && join(testData, "safetensors");
describe.skipIf(!real)(`real files${real ? "" : " (no test data)"}`, () => {
  for (const name of real ? readdirSync(real).filter((entry) => entry.endsWith(".safetensors")) : []) {
    test(name, async () => {
      const opened = await openSafetensors(new Uint8Array(readFileSync(join(real!, name))));
      expect(opened.tensors.size).toBeGreaterThan(0);
      for (const [tensor, { shape }] of opened.tensors) {
        const values = await opened.readFloat32(tensor);
        expect(values.length).toBe(shape.reduce((product, dimension) => product * dimension, 1));
      }
    });
  }
});
