/**
 * One tensor type of ggml.
 * @property id number stored in a GGUF tensor entry
 * @property blockLength elements a block holds; a row is a whole number of blocks
 * @property blockBytes bytes a block takes
 */
export interface GgmlType {
  readonly id: number;
  readonly name: GgmlTypeName;
  readonly blockLength: number;
  readonly blockBytes: number;
}

export type GgmlTypeName = (typeof ROWS)[number][1];

/**
 * id, name, elements a block, bytes a block.
 * Source: ggml/include/ggml.h (enum ggml_type) and ggml/src/ggml-common.h (block structs) of ggml-org/llama.cpp.
 * Absent ids were removed from the format: 4, 5 (Q4_2, Q4_3), 31 to 33 and 36 to 38 (interleaved Q4_0, IQ4_NL).
 */
const ROWS = [
  [0, "F32", 1, 4],
  [1, "F16", 1, 2],
  [2, "Q4_0", 32, 18],
  [3, "Q4_1", 32, 20],
  [6, "Q5_0", 32, 22],
  [7, "Q5_1", 32, 24],
  [8, "Q8_0", 32, 34],
  [9, "Q8_1", 32, 36],
  [10, "Q2_K", 256, 84],
  [11, "Q3_K", 256, 110],
  [12, "Q4_K", 256, 144],
  [13, "Q5_K", 256, 176],
  [14, "Q6_K", 256, 210],
  [15, "Q8_K", 256, 292],
  [16, "IQ2_XXS", 256, 66],
  [17, "IQ2_XS", 256, 74],
  [18, "IQ3_XXS", 256, 98],
  [19, "IQ1_S", 256, 50],
  [20, "IQ4_NL", 32, 18],
  [21, "IQ3_S", 256, 110],
  [22, "IQ2_S", 256, 82],
  [23, "IQ4_XS", 256, 136],
  [24, "I8", 1, 1],
  [25, "I16", 1, 2],
  [26, "I32", 1, 4],
  [27, "I64", 1, 8],
  [28, "F64", 1, 8],
  [29, "IQ1_M", 256, 56],
  [30, "BF16", 1, 2],
  [34, "TQ1_0", 256, 54],
  [35, "TQ2_0", 256, 66],
  [39, "MXFP4", 32, 17],
  [40, "NVFP4", 64, 36],
  [41, "Q1_0", 128, 18],
  [42, "Q2_0", 64, 18],
] as const;

/** Every tensor type by name. */
export const GGML_TYPES: Readonly<Record<GgmlTypeName, GgmlType>> = Object.fromEntries(
  ROWS.map(([id, name, blockLength, blockBytes]) => [name, { id, name, blockLength, blockBytes }]),
) as Record<GgmlTypeName, GgmlType>;

const BY_ID: ReadonlyMap<number, GgmlType> = new Map(
  Object.values(GGML_TYPES).map((type) => [type.id, type]),
);

/** The type with this id, or undefined where ggml has none or dropped it. */
export function ggmlTypeById(id: number): GgmlType | undefined {
  return BY_ID.get(id);
}

/** Whether `name` is the name of a ggml tensor type. */
export function isGgmlTypeName(name: string): name is GgmlTypeName {
  return Object.hasOwn(GGML_TYPES, name);
}

/** Bytes of `length` consecutive elements; NaN where `length` is not a whole number of blocks. */
export function ggmlByteLength(name: GgmlTypeName, length: number): number {
  const { blockLength, blockBytes } = GGML_TYPES[name];
  return length % blockLength === 0 ? (length / blockLength) * blockBytes : Number.NaN;
}
