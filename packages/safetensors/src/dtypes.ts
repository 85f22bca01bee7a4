/** Typed arrays a tensor's bytes can be seen as. 16-bit floats and floats of 8 bits or fewer are seen as raw bits. */
export type TensorArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** Makes a {@link TensorArray} over a part of a buffer. */
export interface TensorArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer | SharedArrayBuffer, byteOffset: number, length: number): TensorArray;
}

interface DtypeRow {
  /** Bits of one element. */
  readonly bits: number;
  readonly array: TensorArrayConstructor;
}

/**
 * Every dtype of the format, in the order of the reference library's enumeration (safetensors 0.8,
 * `Dtype` in src/tensor.rs: increasing alignment). The writer sorts tensors by it, last first.
 */
export const DTYPES = {
  BOOL: { bits: 8, array: Uint8Array },
  F4: { bits: 4, array: Uint8Array },
  F6_E2M3: { bits: 6, array: Uint8Array },
  F6_E3M2: { bits: 6, array: Uint8Array },
  U8: { bits: 8, array: Uint8Array },
  I8: { bits: 8, array: Int8Array },
  F8_E5M2: { bits: 8, array: Uint8Array },
  F8_E4M3: { bits: 8, array: Uint8Array },
  F8_E8M0: { bits: 8, array: Uint8Array },
  F8_E4M3FNUZ: { bits: 8, array: Uint8Array },
  F8_E5M2FNUZ: { bits: 8, array: Uint8Array },
  I16: { bits: 16, array: Int16Array },
  U16: { bits: 16, array: Uint16Array },
  F16: { bits: 16, array: Uint16Array },
  BF16: { bits: 16, array: Uint16Array },
  I32: { bits: 32, array: Int32Array },
  U32: { bits: 32, array: Uint32Array },
  F32: { bits: 32, array: Float32Array },
  C64: { bits: 64, array: Float32Array },
  F64: { bits: 64, array: Float64Array },
  I64: { bits: 64, array: BigInt64Array },
  U64: { bits: 64, array: BigUint64Array },
} as const satisfies Record<string, DtypeRow>;

/** The name of an element type, as the header spells it. */
export type Dtype = keyof typeof DTYPES;

/** All dtypes, by increasing alignment. */
export const dtypeNames: readonly Dtype[] = Object.keys(DTYPES) as Dtype[];

/** Whether `name` is a dtype; names are case-sensitive. */
export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(DTYPES, name);
}
