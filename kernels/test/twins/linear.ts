import { GGML_TYPES, type GgmlTypeName } from "@realizar/gguf";
import { quantizeQ8, quantizeQ8Fours, quantizeQ8K, quantizeQ16, TOP } from "./activation.ts";
import { READ } from "./blocks.ts";
import { f32, nearest } from "./float.ts";

/** Columns of a type's activation blocks and the op that makes them. */
export function activationOf(type: GgmlTypeName): {
  block: number;
  op: "quantizeQ8Fours" | "quantizeQ8" | "quantizeQ8K" | "quantizeQ16";
} {
  if (type === "F16" || type === "BF16") return { block: 32, op: "quantizeQ16" };
  if (type === "Q8_0" || type.startsWith("IQ4")) return { block: 32, op: "quantizeQ8Fours" };
  const block = GGML_TYPES[type].blockLength;
  return { block, op: block === 256 ? "quantizeQ8K" : "quantizeQ8" };
}

const QUANTIZE = { quantizeQ8Fours, quantizeQ8, quantizeQ8K, quantizeQ16 } as const;

/** What quantizeQ8Fours is told of a type. */
export const topOf = (type: GgmlTypeName): number => (type.startsWith("IQ4") ? TOP.iq4 : TOP.bytes);

/**
 * One row of a quantized weight times one activation row, in the kernels' integer and float steps: a block's exact integer
 * sum times its scale, added in block order. With one activation scale for the row that multiplies the result; otherwise each
 * block's own multiplies that of the weight.
 */
export function dotRow(type: GgmlTypeName, row: Uint8Array, x: Float32Array): number {
  const { blockLength, blockBytes } = GGML_TYPES[type];
  const { block: width, op } = activationOf(type);
  const { q, scales } = QUANTIZE[op](x, topOf(type));
  let y = 0;
  for (let b = 0; b * blockLength < x.length; b++) {
    const block = READ[type]!(row, b * blockBytes);
    const run = blockLength / (block.scales?.length ?? 1);
    // IQ4_XS has activations of 32 columns: its runs are joined one by one.
    const parts = blockLength / width;
    for (let part = 0; part < parts; part++) {
      const first = part * width;
      let sum = 0;
      let sumOfMinimums = 0;
      let sumOfActivation = 0;
      for (let i = first; i < first + width; i++) {
        const a = q[b * blockLength + i]!;
        const scale = parts > 1 ? 1 : (block.scales?.[Math.floor(i / run)] ?? 1);
        sum += scale * block.codes[i]! * a;
        sumOfActivation += a;
        if (block.mins !== undefined) sumOfMinimums += block.mins[Math.floor(i / run)]! * a;
      }
      const t = op === "quantizeQ8K" ? scales[b]! : 1;
      const d = parts > 1 ? f32(block.d * block.scales![part]!) : f32(block.d);
      let term = f32(f32(sum) * f32(d * t));
      if (block.m !== undefined) term = f32(term + f32(f32(block.m) * f32(f32(sumOfActivation) * t)));
      if (block.dmin !== undefined) term = f32(term - f32(f32(sumOfMinimums) * f32(f32(block.dmin) * t)));
      y = f32(y + term);
    }
  }
  return op === "quantizeQ8K" ? y : f32(y * scales[0]!);
}

/** A row of floats times a row of floats, in column order. */
export function dotFloats(w: Float32Array, x: Float32Array): number {
  let y = 0;
  for (let i = 0; i < x.length; i++) y = f32(y + f32(x[i]! * w[i]!));
  return y;
}

/** A row of F16 or BF16 as weights/words32.ts has it: integers, and a power of two for each 32, 2^least at least. */
export function wordsOf(type: GgmlTypeName, w: Float32Array): { n: Int32Array; d: Float32Array } {
  const least = type === "F16" ? -14 - 12 : -126;
  const starts = Array.from({ length: Math.ceil(w.length / 32) }, (_, b) => b * 32);
  const d = Float32Array.from(starts, (i) => {
    const most = Math.max(...w.subarray(i, i + 32).map(Math.abs));
    return 2 ** Math.max(Math.floor(Math.log2(most)) - 12, least);
  });
  return { n: Int32Array.from(w, (v, i) => nearest(v / d[i >> 5]!)), d };
}

/** A row of F16 or BF16, given as floats, times a row of floats: exact sums of 32 columns, added in order. */
export function dotWords(type: GgmlTypeName, w: Float32Array, x: Float32Array): number {
  const { n, d } = wordsOf(type, w);
  const { q, scales } = quantizeQ16(x);
  let y = 0;
  for (let b = 0; b < d.length; b++) {
    let sum = 0;
    for (let i = b * 32; i < Math.min(x.length, b * 32 + 32); i++) sum += n[i]! * q[i]!;
    y = f32(y + f32(f32(f32(sum) * scales[b]!) * d[b]!));
  }
  return y;
}
