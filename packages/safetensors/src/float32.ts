import { DTYPES, type Dtype } from "./dtypes.ts";
import { SafetensorsError } from "./errors.ts";

/** A float of at most 8 bits: a sign bit, then `exponent` bits, then `mantissa` bits. */
interface SmallFloat {
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  /** What the highest exponent holds beside numbers. */
  readonly specials: "none" | "ieee" | "all-ones" | "negative-zero";
}

/**
 * OCP Microscaling Formats (MX) 1.0, section 5.3, for E2M1, E2M3, E3M2, E4M3 and E5M2; the FNUZ forms are
 * those of ONNX and PyTorch: one NaN, where the negative zero would be.
 */
const SMALL_FLOATS: Partial<Record<Dtype, SmallFloat>> = {
  F4: { exponent: 2, mantissa: 1, bias: 1, specials: "none" },
  F6_E2M3: { exponent: 2, mantissa: 3, bias: 1, specials: "none" },
  F6_E3M2: { exponent: 3, mantissa: 2, bias: 3, specials: "none" },
  F8_E4M3: { exponent: 4, mantissa: 3, bias: 7, specials: "all-ones" },
  F8_E5M2: { exponent: 5, mantissa: 2, bias: 15, specials: "ieee" },
  F8_E4M3FNUZ: { exponent: 4, mantissa: 3, bias: 8, specials: "negative-zero" },
  F8_E5M2FNUZ: { exponent: 5, mantissa: 2, bias: 16, specials: "negative-zero" },
};

/**
 * Elements of `dtype` as 32-bit floats; 64-bit numbers are rounded, BOOL gives 0 and 1.
 * F4 takes the low nibble first, F6 is a little-endian stream of 6-bit codes.
 * @param bytes the tensor's bytes, little-endian
 * @throws SafetensorsError SAFETENSORS_NOT_REAL for C64
 */
export function toFloat32(dtype: Dtype, bytes: Uint8Array): Float32Array {
  if (dtype === "C64") {
    throw new SafetensorsError(
      "SAFETENSORS_NOT_REAL",
      "C64 elements are complex: read their bytes as pairs of F32 instead",
    );
  }
  const { bits } = DTYPES[dtype];
  const out = new Float32Array(Math.floor((bytes.byteLength * 8) / bits));
  const small = smallValues(dtype, bits);
  if (small) {
    for (let i = 0; i < out.length; i++) out[i] = small[code(bytes, i * bits, bits)]!;
    return out;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = READERS[dtype as keyof typeof READERS];
  for (let i = 0; i < out.length; i++) out[i] = read(view, (i * bits) / 8);
  return out;
}

/** The `bits` (4, 6 or 8) at bit `start` of a little-endian stream. */
function code(bytes: Uint8Array, start: number, bits: number): number {
  const at = start >> 3;
  const pair = bytes[at]! | ((bytes[at + 1] ?? 0) << 8);
  return (pair >> (start & 7)) & ((1 << bits) - 1);
}

/** The value of every code of a float of at most 8 bits; undefined for other dtypes. */
function smallValues(dtype: Dtype, bits: number): Float32Array | undefined {
  if (dtype === "F8_E8M0") {
    // A power of two alone: 2^(code - 127), 0xff is NaN (OCP MX 1.0, section 5.4.1).
    return Float32Array.from({ length: 256 }, (_, c) => (c === 0xff ? Number.NaN : 2 ** (c - 127)));
  }
  const format = SMALL_FLOATS[dtype];
  return format && Float32Array.from({ length: 1 << bits }, (_, c) => smallFloat(format, bits, c));
}

function smallFloat(
  { exponent, mantissa, bias, specials }: SmallFloat,
  bits: number,
  bitsOf: number,
): number {
  const sign = bitsOf >> (bits - 1) ? -1 : 1;
  const e = (bitsOf >> mantissa) & ((1 << exponent) - 1);
  const m = bitsOf & ((1 << mantissa) - 1);
  const highest = e === (1 << exponent) - 1;
  if (specials === "ieee" && highest) return m === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (specials === "all-ones" && highest && m === (1 << mantissa) - 1) return Number.NaN;
  if (specials === "negative-zero" && sign < 0 && e === 0 && m === 0) return Number.NaN;
  const fraction = m / (1 << mantissa);
  return sign * (e === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (e - bias));
}

const READERS = {
  BOOL: (view: DataView, at: number) => (view.getUint8(at) === 0 ? 0 : 1),
  U8: (view: DataView, at: number) => view.getUint8(at),
  I8: (view: DataView, at: number) => view.getInt8(at),
  U16: (view: DataView, at: number) => view.getUint16(at, true),
  I16: (view: DataView, at: number) => view.getInt16(at, true),
  F16: (view: DataView, at: number) => float16(view.getUint16(at, true)),
  BF16: (view: DataView, at: number) => bfloat16(view.getUint16(at, true)),
  U32: (view: DataView, at: number) => view.getUint32(at, true),
  I32: (view: DataView, at: number) => view.getInt32(at, true),
  F32: (view: DataView, at: number) => view.getFloat32(at, true),
  F64: (view: DataView, at: number) => view.getFloat64(at, true),
  U64: (view: DataView, at: number) => Number(view.getBigUint64(at, true)),
  I64: (view: DataView, at: number) => Number(view.getBigInt64(at, true)),
};

/** The upper half of an IEEE 754 binary32. */
function bfloat16(half: number): number {
  return smallFloat({ exponent: 8, mantissa: 7, bias: 127, specials: "ieee" }, 16, half);
}

/** IEEE 754 binary16. */
function float16(half: number): number {
  return smallFloat({ exponent: 5, mantissa: 10, bias: 15, specials: "ieee" }, 16, half);
}
