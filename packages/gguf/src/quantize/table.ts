import type { GgmlTypeName } from "../ggml-types.ts";
import type { BlockEncoder } from "./block-encoder.ts";
import { quantizeIq4Nl, quantizeIq4Xs } from "./iq4.ts";
import { quantizeMxfp4 } from "./mxfp4.ts";
import { quantizeBf16, quantizeF16, quantizeF32 } from "./plain.ts";
import { quantizeQ2_K } from "./q2-k.ts";
import { quantizeQ3_K } from "./q3-k.ts";
import { quantizeQ4_0, quantizeQ4_1 } from "./q4.ts";
import { quantizeQ4_K } from "./q4-k.ts";
import { quantizeQ5_0, quantizeQ5_1 } from "./q5.ts";
import { quantizeQ5_K } from "./q5-k.ts";
import { quantizeQ6_K } from "./q6-k.ts";
import { quantizeQ8_0 } from "./q8.ts";
import { quantizeTq1_0, quantizeTq2_0 } from "./ternary.ts";

/** The encoder of every type that has one; the others need an importance matrix or are only read. */
export const BLOCK_ENCODERS = {
  F32: quantizeF32,
  F16: quantizeF16,
  BF16: quantizeBf16,
  Q4_0: quantizeQ4_0,
  Q4_1: quantizeQ4_1,
  Q5_0: quantizeQ5_0,
  Q5_1: quantizeQ5_1,
  Q8_0: quantizeQ8_0,
  Q2_K: quantizeQ2_K,
  Q3_K: quantizeQ3_K,
  Q4_K: quantizeQ4_K,
  Q5_K: quantizeQ5_K,
  Q6_K: quantizeQ6_K,
  IQ4_NL: quantizeIq4Nl,
  IQ4_XS: quantizeIq4Xs,
  TQ1_0: quantizeTq1_0,
  TQ2_0: quantizeTq2_0,
  MXFP4: quantizeMxfp4,
} as const satisfies Partial<Record<GgmlTypeName, BlockEncoder>>;

/** A type `quantize` can write. */
export type QuantizableType = keyof typeof BLOCK_ENCODERS;

/** Whether `quantize` can write this type. */
export function isQuantizable(type: GgmlTypeName): type is QuantizableType {
  return Object.hasOwn(BLOCK_ENCODERS, type);
}
