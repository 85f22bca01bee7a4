/** GGML's tensor types as this project stores weights (ggml.h, enum ggml_type; sizes: ggml-common.h). */
export interface Dtype {
  /** GGML's type id. */
  readonly id: number;
  /** Columns of a row that are stored together. */
  readonly blockLength: number;
  /** Bytes of one block. */
  readonly blockBytes: number;
}

export const DTYPES = {
  F32: { id: 0, blockLength: 1, blockBytes: 4 },
  F16: { id: 1, blockLength: 1, blockBytes: 2 },
  Q4_0: { id: 2, blockLength: 32, blockBytes: 18 },
  Q4_1: { id: 3, blockLength: 32, blockBytes: 20 },
  Q5_0: { id: 6, blockLength: 32, blockBytes: 22 },
  Q5_1: { id: 7, blockLength: 32, blockBytes: 24 },
  Q8_0: { id: 8, blockLength: 32, blockBytes: 34 },
  Q2_K: { id: 10, blockLength: 256, blockBytes: 84 },
  Q3_K: { id: 11, blockLength: 256, blockBytes: 110 },
  Q4_K: { id: 12, blockLength: 256, blockBytes: 144 },
  Q5_K: { id: 13, blockLength: 256, blockBytes: 176 },
  Q6_K: { id: 14, blockLength: 256, blockBytes: 210 },
  IQ2_XXS: { id: 16, blockLength: 256, blockBytes: 66 },
  IQ2_XS: { id: 17, blockLength: 256, blockBytes: 74 },
  IQ3_XXS: { id: 18, blockLength: 256, blockBytes: 98 },
  IQ1_S: { id: 19, blockLength: 256, blockBytes: 50 },
  IQ4_NL: { id: 20, blockLength: 32, blockBytes: 18 },
  IQ3_S: { id: 21, blockLength: 256, blockBytes: 110 },
  IQ2_S: { id: 22, blockLength: 256, blockBytes: 82 },
  IQ4_XS: { id: 23, blockLength: 256, blockBytes: 136 },
  IQ1_M: { id: 29, blockLength: 256, blockBytes: 56 },
  BF16: { id: 30, blockLength: 1, blockBytes: 2 },
  TQ1_0: { id: 34, blockLength: 256, blockBytes: 54 },
  TQ2_0: { id: 35, blockLength: 256, blockBytes: 66 },
  MXFP4: { id: 39, blockLength: 32, blockBytes: 17 },
} as const satisfies Record<string, Dtype>;

export type DtypeName = keyof typeof DTYPES;

export function isDtypeName(name: string): name is DtypeName {
  return Object.hasOwn(DTYPES, name);
}

/** Bytes of one row of `columns` numbers; columns is a multiple of the block length. */
export function rowBytes(dtype: DtypeName, columns: number): number {
  const { blockLength, blockBytes } = DTYPES[dtype];
  return (columns / blockLength) * blockBytes;
}
