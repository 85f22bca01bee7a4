import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import {
  type Dtype,
  dtypeNames,
  MAX_HEADER_BYTES,
  openSafetensors,
  streamSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "../src/index.ts";
import { testData } from "./data.ts";

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(
    await new Blob(await Array.fromAsync(pieces as AsyncIterable<Uint8Array<ArrayBuffer>>)).arrayBuffer(),
  );
}

const headerText = (file: Uint8Array) =>
  new TextDecoder().decode(file.subarray(8, 8 + Number(new DataView(file.buffer).getBigUint64(0, true))));

test("tensors lie by alignment, widest first, then by name", () => {
  const tensor = (name: string, dtype: Dtype, bytes: number): TensorToWrite<Uint8Array> => ({
    name,
    dtype,
    shape: [1],
    data: new Uint8Array(bytes),
  });
  const file = writeSafetensors(
    [
      tensor("b", "F16", 2),
      tensor("z", "F32", 4),
      tensor("a", "F16", 2),
      tensor("\u{10000}", "U8", 1),
      tensor("\uffff", "U8", 1),
      tensor("\uffff!", "U8", 1),
    ],
    new Map([["format", "pt"]]),
  );
  expect(headerText(file)).toBe(
    '{"__metadata__":{"format":"pt"},"z":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F16","shape":[1],"data_offsets":[4,6]},"b":{"dtype":"F16","shape":[1],"data_offsets":[6,8]},"\uffff":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},"\uffff!":{"dtype":"U8","shape":[1],"data_offsets":[9,10]},"\u{10000}":{"dtype":"U8","shape":[1],"data_offsets":[10,11]}}'.padEnd(
      headerText(file).length,
    ),
  );
  expect((file.byteLength - 11) % 8).toBe(0);
});

const tensors = fc.uniqueArray(
  fc.record({
    name: fc.string({ unit: "binary" }).filter((name) => name.isWellFormed() && name !== "__metadata__"),
    dtype: fc.constantFrom(...dtypeNames),
    shape: fc.array(fc.nat(3), { maxLength: 3 }).map((shape) => [...shape, 8]),
    seed: fc.nat(255),
  }),
  { selector: ({ name }) => name, maxLength: 6 },
);

test("what is written is read back, in memory and streamed alike", async () => {
  const bits = (dtype: Dtype) => ({ F4: 4, F6_E2M3: 6, F6_E3M2: 6 })[dtype as "F4"] ?? undefined;
  await fc.assert(
    fc.asyncProperty(tensors, fc.dictionary(fc.string(), fc.string()), async (specs, texts) => {
      const metadata = Object.entries(texts);
      const probe = await Promise.all(
        specs.map(async ({ name, dtype, shape, seed }) => {
          const count = shape.reduce((product, dimension) => product * dimension, 1);
          const width = bits(dtype) ?? Number(/\d+/.exec(dtype === "BOOL" ? "8" : dtype)?.[0]);
          const data = Uint8Array.from({ length: (count * width) / 8 }, (_, i) => (i * 31 + seed) & 255);
          return { name, dtype, shape, data };
        }),
      );
      const file = writeSafetensors(probe, metadata);
      const streamed = await joined(
        streamSafetensors(
          probe.map((tensor, i) => ({ ...tensor, data: streams[i % streams.length]!(tensor.data) })),
          metadata,
        ),
      );
      expect(streamed).toEqual(file);
      const opened = await openSafetensors(file);
      expect(new Map(opened.metadata)).toEqual(new Map(metadata));
      expect(opened.tensors.size).toBe(probe.length);
      for (const { name, dtype, shape, data } of probe) {
        expect(opened.tensor(name)).toMatchObject({ dtype, shape });
        expect(await opened.read(name)).toEqual(data);
      }
    }),
    { numRuns: 60 },
  );
});

const streams: ((data: Uint8Array) => TensorToWrite<Uint8Array>["data"] | (() => never))[] = [
  (data) => data,
  (data) => (() => Promise.resolve(data)) as () => never,
  (data) => (() => [data.subarray(0, 3), data.subarray(3)]) as () => never,
  (data) =>
    async function* () {
      yield data;
    } as () => never,
];

describe("refused", () => {
  const one = { name: "a", dtype: "F32", shape: [2], data: new Float32Array(2) } as const;
  const cases: Record<string, [() => unknown, string]> = {
    "data of another length": [() => writeSafetensors([{ ...one, shape: [3] }]), "needs 12 bytes"],
    "a name twice": [() => writeSafetensors([one, one]), "two tensors"],
    "__metadata__ as a name": [() => writeSafetensors([{ ...one, name: "__metadata__" }]), "__metadata__"],
    "half a dimension": [() => writeSafetensors([{ ...one, shape: [0.5] }]), "non-negative"],
    "half a byte": [() => writeSafetensors([{ ...one, dtype: "F4", shape: [3] }]), "whole bytes"],
    "a header no reader takes": [
      () => writeSafetensors([], [["k", "x".repeat(MAX_HEADER_BYTES)]]),
      "Split the file",
    ],
  };
  for (const [why, [write, message]] of Object.entries(cases)) {
    test(why, () => expect(write).toThrow(message));
  }
  test("a stream too long or too short", () => {
    expect(joined(streamSafetensors([{ ...one, data: () => [new Uint8Array(9)] }]))).rejects.toThrow(
      "9 or more",
    );
    expect(joined(streamSafetensors([{ ...one, data: () => [] }]))).rejects.toThrow("8 bytes");
  });
});

const real = testData && join(testData, "safetensors");
describe.skipIf(!real)(`real files round-trip${real ? "" : " (no test data)"}`, () => {
  for (const name of real ? readdirSync(real).filter((entry) => entry.endsWith(".safetensors")) : []) {
    test(name, async () => {
      const opened = await openSafetensors(new Uint8Array(readFileSync(join(real!, name))));
      const again = await openSafetensors(
        writeSafetensors(
          [...opened.tensors.values()].map((tensor) => ({ ...tensor, data: opened.view(tensor.name).data })),
          opened.metadata,
        ),
      );
      expect(again.metadata).toEqual(opened.metadata);
      for (const tensor of opened.tensors.keys()) {
        expect(await again.read(tensor)).toEqual(await opened.read(tensor));
      }
    });
  }
});
