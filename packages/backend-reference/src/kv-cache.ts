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

/** Numbers that share a scale in a q8_0 cache: ggml's QK8_0. */
const Q8_BLOCK = 32;

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
          write(head(keys, slot, h), k.subarray(h * headDim, (h + 1) * headDim));
          write(head(values, slot, h), v.subarray(h * headDim, (h + 1) * headDim));
        }
      },
      key: (slot, h) => head(keys, slot, h),
      value: (slot, h) => head(values, slot, h),
    };
  });
}

/** dst becomes what src reads back as. */
type Write = (dst: Float64Array, src: Float64Array) => void;

const WRITES: Readonly<Record<KvType, Write>> = {
  f32: (dst, src) => dst.set(src),
  f16: (dst, src) => dst.set(src.map(toHalf)),
  q8_0: (dst, src) => {
    for (let i = 0; i < src.length; i += Q8_BLOCK) dst.set(roundToQ8(src.subarray(i, i + Q8_BLOCK)), i);
  },
};

/** A block as q8_0 keeps it: bytes round(x / d) with d = max|x| / 127, read back times half(d) (ggml-quants.c). */
function roundToQ8(block: Float64Array): Float64Array {
  const d = block.reduce((max, value) => Math.max(max, Math.abs(value)), 0) / 127;
  if (d === 0) return new Float64Array(block.length);
  return block.map((value) => Math.sign(value) * Math.round(Math.abs(value) / d) * toHalf(d));
}
