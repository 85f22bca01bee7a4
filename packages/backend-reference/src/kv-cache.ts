import { type KvShape, type KvType, PAGE_SIZE } from "@realizar/tensor";
import { toHalf } from "./half.ts";

/** The pages of one layer's keys and values, as they read back from the KV type. A slot is page * 16 + position % 16. */
export interface KvLayer {
  readonly kvHeads: number;
  readonly headDim: number;
  /** Keeps one position: k and v are [kvHeads * headDim]. */
  store(slot: number, k: Float64Array, v: Float64Array): void;
  /** [headDim] of one head. */
  key(slot: number, head: number): Float64Array;
  value(slot: number, head: number): Float64Array;
}

/** Numbers that share a scale: ggml's QK8_0, and of K in a q16 cache. */
const BLOCK = 32;

/** Pools of every layer. */
export function kvCache(shape: KvShape): KvLayer[] {
  const slots = shape.pages * PAGE_SIZE;
  const write = WRITES[shape.type];
  return Array.from({ length: shape.layers }, (_, layer) => {
    const kvHeads = shape.kvHeads[layer]!;
    const headDim = shape.headDim[layer]!;
    const keys = new Float64Array(slots * kvHeads * headDim);
    const values = new Float64Array(slots * kvHeads * headDim);
    const head = (pool: Float64Array, slot: number, h: number) =>
      pool.subarray((slot * kvHeads + h) * headDim, (slot * kvHeads + h + 1) * headDim);
    return {
      kvHeads,
      headDim,
      store(slot, k, v) {
        for (let h = 0; h < kvHeads; h++) {
          write.key(head(keys, slot, h), k.subarray(h * headDim, (h + 1) * headDim));
          write.value(head(values, slot, h), v.subarray(h * headDim, (h + 1) * headDim));
        }
      },
      key: (slot, h) => head(keys, slot, h),
      value: (slot, h) => head(values, slot, h),
    };
  });
}

/** dst becomes what src reads back as. */
type Write = (dst: Float64Array, src: Float64Array) => void;

const both = (write: Write) => ({ key: write, value: write });

/** `round` for each block of BLOCK numbers. */
const inBlocks =
  (round: (block: Float64Array) => Float64Array): Write =>
  (dst, src) => {
    for (let i = 0; i < src.length; i += BLOCK) dst.set(round(src.subarray(i, i + BLOCK)), i);
  };

const WRITES: Readonly<Record<KvType, { readonly key: Write; readonly value: Write }>> = {
  f32: both((dst, src) => dst.set(src)),
  f16: both((dst, src) => dst.set(src.map(toHalf))),
  q8_0: both(inBlocks(roundToQ8)),
  q16: { key: inBlocks(roundToQ16), value: (dst, src) => dst.set(roundToQ16(src)) },
};

/** Integers round(x / d) with d = max|x| / 8191, read back times d as an f32. */
function roundToQ16(block: Float64Array): Float64Array {
  const d = largest(block) / 8191;
  if (d === 0) return new Float64Array(block.length);
  return block.map((value) => Math.sign(value) * Math.round(Math.abs(value) / d) * Math.fround(d));
}

/** A block as q8_0 keeps it: bytes round(x / d) with d = max|x| / 127, read back times half(d) (ggml-quants.c). */
function roundToQ8(block: Float64Array): Float64Array {
  const d = largest(block) / 127;
  if (d === 0) return new Float64Array(block.length);
  return block.map((value) => Math.sign(value) * Math.round(Math.abs(value) / d) * toHalf(d));
}

function largest(block: Float64Array): number {
  return block.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}
