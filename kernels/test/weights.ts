import { dequantize, GGML_TYPES, type GgmlTypeName } from "@realizar/gguf";
import type { Bench } from "./bench.ts";
import { random } from "./bench.ts";

export const FLOAT_TYPES = ["F32", "F16", "BF16"] as const satisfies readonly GgmlTypeName[];
export const QUANTIZED_TYPES = [
  "Q8_0",
  "Q4_0",
  "Q4_1",
  "Q5_0",
  "Q5_1",
  "MXFP4",
  "IQ4_NL",
  "IQ4_XS",
  "Q2_K",
  "Q3_K",
  "Q4_K",
  "Q5_K",
  "Q6_K",
  "TQ1_0",
  "TQ2_0",
] as const satisfies readonly GgmlTypeName[];

/** Byte offsets of the half floats in a block. */
const HALVES: Partial<Record<GgmlTypeName, readonly number[]>> = {
  Q4_1: [0, 2],
  Q5_1: [0, 2],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q2_K: [80, 82],
  Q3_K: [108],
  Q6_K: [208],
  TQ1_0: [52],
  TQ2_0: [64],
  MXFP4: [],
};

/** Half floats: ordinary of both signs, zero, subnormal. */
const SCALES = [0x2c00, 0xac66, 0x2155, 0x0000, 0x0001, 0x83ff, 0x0400, 0x9234];

/**
 * Rows of a type in a file's layout. "random": any bytes with ordinary scales; "extreme": all bits of the codes set,
 * none, or -128, with scales of every kind.
 */
export function weightRows(
  type: GgmlTypeName,
  rows: number,
  columns: number,
  seed: number,
  kind: "random" | "extreme" = "random",
): Uint8Array {
  const { blockLength, blockBytes } = GGML_TYPES[type];
  const next = random(seed);
  const blocks = (rows * columns) / blockLength;
  const bytes = new Uint8Array(blocks * blockBytes);
  const fills = [0xff, 0x00, 0x80];
  for (let b = 0; b < blocks; b++) {
    const block = bytes.subarray(b * blockBytes, (b + 1) * blockBytes);
    for (let i = 0; i < block.length; i++)
      block[i] = kind === "random" ? (next() + 1) * 128 : fills[b % fills.length]!;
    if (type === "F32") {
      new DataView(bytes.buffer).setFloat32(b * 4, next(), true);
    } else if (type === "BF16") {
      block[1] = 0x3e | (block[1]! & 0x81);
    } else if (type === "F16") {
      block[1] = kind === "random" ? 0x2c | (block[1]! & 0x83) : SCALES[b % SCALES.length]! >> 8;
    } else if (type === "MXFP4") {
      block[0] = kind === "random" ? 120 + (block[0]! & 7) : [0, 1, 2, 127][b % 4]!;
    } else {
      for (const at of HALVES[type] ?? [0]) {
        const h =
          kind === "random"
            ? 0x2800 | (next() > 0 ? 0x8000 : 0) | ((next() + 1) * 512)
            : SCALES[(b + at) % 8]!;
        block[at] = h & 255;
        block[at + 1] = h >> 8;
      }
    }
  }
  return bytes;
}

export interface Packed {
  readonly type: number;
  readonly address: number;
  readonly groupBytes: number;
  readonly groups: number;
  readonly rows: number;
  readonly columns: number;
}

/** Packs rows into the bench's memory. */
export function packInto(
  bench: Bench,
  type: GgmlTypeName,
  data: Uint8Array,
  rows: number,
  columns: number,
  threads = 1,
): Packed {
  const { id } = GGML_TYPES[type];
  const groupBytes = bench.kernels.group_bytes(id, columns);
  const groups = Math.ceil(rows / 16);
  const src = bench.put(data);
  const address = bench.space(groups * groupBytes);
  const rowBytes = data.length / rows;
  bench.run("pack", { src, dst: address, type: id, rows, columns, rowBytes, groupBytes }, threads);
  return { type: id, address, groupBytes, groups, rows, columns };
}

export function floatsOf(type: GgmlTypeName, data: Uint8Array): Float32Array {
  return dequantize(type, data);
}
