import type { GgmlTypeName } from "../ggml-types.ts";
import type { BlockDecoder } from "./block-decoder.ts";
import { dequantizeMxfp4, dequantizeNvfp4 } from "./fp4.ts";
import { dequantizeIq1M, dequantizeIq1S } from "./iq1.ts";
import { dequantizeIq2S, dequantizeIq2Xs, dequantizeIq2Xxs } from "./iq2.ts";
import { dequantizeIq3S, dequantizeIq3Xxs } from "./iq3.ts";
import { dequantizeIq4Nl, dequantizeIq4Xs } from "./iq4.ts";
import {
  dequantizeBf16,
  dequantizeF16,
  dequantizeF32,
  dequantizeF64,
  dequantizeI8,
  dequantizeI16,
  dequantizeI32,
  dequantizeI64,
} from "./plain.ts";
import { dequantizeQ1_0, dequantizeQ2_0 } from "./q1-q2.ts";
import { dequantizeQ2_K } from "./q2-k.ts";
import { dequantizeQ3_K } from "./q3-k.ts";
import { dequantizeQ4_0, dequantizeQ4_1 } from "./q4.ts";
import { dequantizeQ4_K } from "./q4-k.ts";
import { dequantizeQ5_0, dequantizeQ5_1 } from "./q5.ts";
import { dequantizeQ5_K } from "./q5-k.ts";
import { dequantizeQ6_K } from "./q6-k.ts";
import { dequantizeQ8_0, dequantizeQ8_1, dequantizeQ8_K } from "./q8.ts";
import { dequantizeTq1_0, dequantizeTq2_0 } from "./ternary.ts";

/** The decoder of every tensor type. */
export const BLOCK_DECODERS: Readonly<Record<GgmlTypeName, BlockDecoder>> = {
  F32: dequantizeF32,
  F16: dequantizeF16,
  BF16: dequantizeBf16,
  F64: dequantizeF64,
  I8: dequantizeI8,
  I16: dequantizeI16,
  I32: dequantizeI32,
  I64: dequantizeI64,
  Q1_0: dequantizeQ1_0,
  Q2_0: dequantizeQ2_0,
  Q4_0: dequantizeQ4_0,
  Q4_1: dequantizeQ4_1,
  Q5_0: dequantizeQ5_0,
  Q5_1: dequantizeQ5_1,
  Q8_0: dequantizeQ8_0,
  Q8_1: dequantizeQ8_1,
  Q2_K: dequantizeQ2_K,
  Q3_K: dequantizeQ3_K,
  Q4_K: dequantizeQ4_K,
  Q5_K: dequantizeQ5_K,
  Q6_K: dequantizeQ6_K,
  Q8_K: dequantizeQ8_K,
  IQ1_S: dequantizeIq1S,
  IQ1_M: dequantizeIq1M,
  IQ2_XXS: dequantizeIq2Xxs,
  IQ2_XS: dequantizeIq2Xs,
  IQ2_S: dequantizeIq2S,
  IQ3_XXS: dequantizeIq3Xxs,
  IQ3_S: dequantizeIq3S,
  IQ4_NL: dequantizeIq4Nl,
  IQ4_XS: dequantizeIq4Xs,
  TQ1_0: dequantizeTq1_0,
  TQ2_0: dequantizeTq2_0,
  MXFP4: dequantizeMxfp4,
  NVFP4: dequantizeNvfp4,
};
