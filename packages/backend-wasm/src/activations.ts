import { type DtypeName, ShapeError, type Tensor, type Weight } from "@realizar/tensor";
import { aligned } from "./memory.ts";
import { type Argument, type Place, strideOf } from "./recording.ts";
import { place, type Tape } from "./tape.ts";

/**
 * A form of activations: the command that makes it, bytes a column, and of scales bytes a row and bytes a block of so many
 * columns. quantizeQ8 has sums beside its scales. top: the largest number, or of fours the largest sum of one sign.
 */
interface ActivationForm {
  readonly op: "quantizeQ8Fours" | "quantizeQ8" | "quantizeQ8K" | "quantizeQ16";
  readonly bytes: number;
  readonly rowBytes: number;
  readonly block: number;
  readonly blockBytes: number;
  readonly top: number;
}

/** kernels/assembly/ops/quantize.ts */
const Q8 = { op: "quantizeQ8", bytes: 1, rowBytes: 4, block: 32, blockBytes: 4, top: 127 } as const;
const Q8K = { op: "quantizeQ8K", bytes: 1, rowBytes: 0, block: 256, blockBytes: 128, top: 127 } as const;
const FOURS = { op: "quantizeQ8Fours", bytes: 2, rowBytes: 4, block: 32, blockBytes: 0, top: 126 } as const;
const FOURS_IQ4 = { ...FOURS, top: 133 } as const;
const Q16 = { op: "quantizeQ16", bytes: 2, rowBytes: 0, block: 32, blockBytes: 4, top: 8191 } as const;

/** What a weight type's activations are quantized to, or f32 as they are (kernels/assembly/weights/table.ts). */
const ACTIVATION_OF: Partial<Record<DtypeName, "f32" | ActivationForm>> = {
  F32: "f32",
  F16: Q16,
  BF16: Q16,
  Q8_0: FOURS,
  IQ4_NL: FOURS_IQ4,
  IQ4_XS: FOURS_IQ4,
  Q4_0: Q8,
  Q4_1: Q8,
  Q5_0: Q8,
  Q5_1: Q8,
  MXFP4: Q8,
  Q2_K: Q8K,
  Q3_K: Q8K,
  Q4_K: Q8K,
  Q5_K: Q8K,
  Q6_K: Q8K,
  TQ1_0: Q8K,
  TQ2_0: Q8K,
};

/** Activations as a product's command takes them. */
export interface QuantizedActivation {
  readonly q: Place;
  readonly qStride: number;
  readonly scales: Argument;
  readonly sums: Argument;
  readonly scaleStride: number;
}

/** Records the forms that weight types take of activations, each made once for all products that read it. */
export function createActivations(
  tape: Tape,
): (x: Tensor, w: Weight, segment: number) => QuantizedActivation {
  const quantized = new Map<string, QuantizedActivation>();
  return (x, w, segment) => {
    const kind = ACTIVATION_OF[w.dtype];
    if (kind === undefined) throw new ShapeError("linear", `no kernels for ${w.dtype} ("${w.name}")`);
    const from = tape.moved(tape.known("linear", x).buffer, segment);
    if (kind === "f32")
      return { q: place(from), qStride: strideOf(x.columns), scales: 0, sums: 0, scaleStride: 0 };
    const key = `${x.id}:${kind.op}:${kind.top}:${segment}`;
    const made = quantized.get(key);
    if (made !== undefined) return made;
    const blocks = Math.ceil(x.columns / kind.block);
    const qStride = aligned(blocks * kind.block * kind.bytes, 64);
    const scaleStride = kind.rowBytes + blocks * kind.blockBytes;
    const q = place(tape.allocate(segment, x.rows * qStride));
    const scales = place(tape.allocate(segment, x.rows * scaleStride));
    const common = {
      x: place(from),
      xStride: strideOf(x.columns),
      q,
      qStride,
      scales,
      scaleStride,
      rows: x.rows,
      columns: x.columns,
    };
    let sums: Argument = 0;
    if (kind.op === "quantizeQ8") {
      sums = place(tape.allocate(segment, x.rows * scaleStride));
      tape.push(segment, kind.op, { ...common, sums });
    } else if (kind.op === "quantizeQ8Fours") tape.push(segment, kind.op, { ...common, top: kind.top });
    else tape.push(segment, kind.op, common);
    const form = { q, qStride, scales, sums, scaleStride };
    quantized.set(key, form);
    return form;
  };
}
