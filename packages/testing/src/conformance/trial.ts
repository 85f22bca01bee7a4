import {
  type Backend,
  type DtypeName,
  type KvShape,
  type LoadRequest,
  PAGE_SIZE,
  type RaggedBatch,
  type WeightSource,
} from "@realizar/tensor";
import { encode } from "../encode.ts";
import { normals, type Random, seeded, seedOf } from "../random.ts";

/** One program over some weights, and the steps to run it for. */
export interface Trial {
  readonly name: string;
  readonly weights: readonly WeightSource[];
  readonly kv: KvShape;
  readonly build: LoadRequest["build"];
  readonly buildHidden?: LoadRequest["buildHidden"];
  readonly steps: readonly RaggedBatch[];
  readonly output?: "logits" | "hidden";
}

export const NO_KV: KvShape = { layers: 0, kvHeads: [], headDim: [], pages: 1, type: "f32" };

/** What a backend makes of a trial: the output of each step. */
export async function outputsOf(backend: Backend, trial: Trial): Promise<Float32Array[]> {
  const { weights, kv, build, buildHidden, steps, output } = trial;
  const residence = await backend.load({
    weights,
    kv,
    build,
    ...(buildHidden && { buildHidden }),
    contextSize: Math.max(1, kv.pages) * PAGE_SIZE,
    maxRows: Math.max(...steps.map((step) => step.tokens.length)),
    maxOutputRows: Math.max(...steps.map((step) => step.logitRows.length)),
  });
  try {
    const outputs: Float32Array[] = [];
    for (const step of steps) outputs.push(new Float32Array(await residence.forward(step, output)));
    return outputs;
  } finally {
    residence.close();
  }
}

/** A weight of normal numbers, seeded by its name. */
export function weight(
  name: string,
  shape: readonly number[],
  options: {
    readonly dtype?: DtypeName;
    readonly use?: WeightSource["use"];
    readonly deviation?: number;
  } = {},
): WeightSource {
  const random = seeded(seedOf(name));
  const { dtype = "F32", use = "matrix", deviation = 1 } = options;
  const length = shape.reduce((product, size) => product * size, 1);
  const bytes = encode(dtype, normals(random, length, deviation), shape.at(-1)!, random);
  return {
    name,
    dtype,
    shape,
    use,
    layer: 0,
    readInto: (dst, offset) => dst.set(bytes.subarray(offset, offset + dst.length)),
  };
}

export function vector(name: string, shape: readonly number[], deviation = 1): WeightSource {
  return weight(name, shape, { use: "vector", deviation });
}

/** Token ids of a sequence, by position. */
export function tokensOf(random: Random, length: number, vocab: number): number[] {
  return Array.from({ length }, () => Math.floor(random() * vocab));
}

/** A program over one weight of 200 numbers, of which number 123 is `value`. */
export function nonFiniteTrial(value: number): Trial {
  const floats = new Float32Array(200).fill(0.5);
  floats[123] = value;
  const bytes = new Uint8Array(floats.buffer);
  const readInto = (dst: Uint8Array, offset: number) => dst.set(bytes.subarray(offset, offset + dst.length));
  return {
    name: `a weight with ${value}`,
    weights: [{ name: "w", dtype: "F32", shape: [10, 20], use: "matrix", layer: 0, readInto }],
    kv: NO_KV,
    build: (ops, w) => ops.outputRows(ops.embed(w("w"))),
    steps: [
      {
        tokens: Int32Array.of(1),
        positions: Int32Array.of(0),
        sequences: Int32Array.of(0),
        pageTables: [Int32Array.of(0)],
        logitRows: Int32Array.of(0),
      },
    ],
  };
}
