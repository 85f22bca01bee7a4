import type { OpName } from "@realizar/kernels";
import type { RopeSpec, Weight } from "@realizar/tensor";
import type { Buffer } from "./arena.ts";

/** A place that has no address until memory is laid out. */
export type Place =
  | { readonly in: "buffer"; readonly buffer: Buffer }
  | { readonly in: "weight"; readonly weight: Weight }
  | {
      readonly in: "batch";
      readonly array: "tokens" | "positions" | "sequences" | "lengths" | "outputRows" | "tables";
    }
  | { readonly in: "rope"; readonly spec: RopeSpec }
  | { readonly in: "keys" | "values"; readonly layer: number }
  | { readonly in: "scratch" };

export type Argument = number | Place;

/** One command of a recording, in the segment that runs it; or the copy of a buffer between segments. */
export type Node =
  | {
      readonly kind: "command";
      readonly segment: number;
      readonly op: OpName;
      readonly args: Record<string, Argument>;
    }
  | { readonly kind: "copy"; readonly from: Buffer; readonly to: Buffer };

export interface Recording {
  readonly nodes: readonly Node[];
  readonly buffers: readonly Buffer[];
  readonly ropes: readonly { segment: number; spec: RopeSpec }[];
  readonly scratchBytes: number;
  /** Multiplications of all matrix products. */
  readonly products: number;
  /** Rows of the token embedding: token ids are below. */
  readonly vocabSize: number;
  readonly output: { readonly buffer: Buffer; readonly rows: number; readonly columns: number };
}

/** Bytes of a row of f32: padded to whole groups of 16. */
export function strideOf(columns: number): number {
  return Math.ceil(columns / 16) * 64;
}
