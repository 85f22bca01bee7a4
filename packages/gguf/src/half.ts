/**
 * Scratch to reach the bits of a float: each function writes it before it reads it, and none yields between.
 */
const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** For the 64 values of sign and exponent: what a unit of the mantissa is worth. */
const UNIT = Float64Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 : -1) * 2 ** (Math.max(i & 31, 1) - 25));

/** IEEE 754 binary16 bits to a number; exact. */
export function f16ToF32(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa !== 0 ? Number.NaN : bits & 0x8000 ? -Infinity : Infinity;
  return UNIT[(bits >>> 10) & 63]! * (exponent === 0 ? mantissa : mantissa + 1024);
}

/** A number, rounded to float32 first, to IEEE 754 binary16 bits; ties to even, overflow to infinity, NaN to 0x7e00. */
export function f32ToF16(value: number): number {
  FLOAT[0] = value;
  return f16FromF32Bits(BITS[0]!);
}

/** float32 bits to binary16 bits, as f32ToF16. */
export function f16FromF32Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520, halfway between the largest half (65504) and the next power of two
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // 2^-14, the smallest normal half
  if (magnitude >= 0x38800000) {
    const odd = (magnitude >>> 13) & 1;
    return sign | ((magnitude - 0x38000000 + 0x0fff + odd) >>> 13);
  }
  // 2^-25: half the smallest subnormal goes to even, zero
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const floor = mantissa >>> shift;
  return sign | (rest > half || (rest === half && (floor & 1) === 1) ? floor + 1 : floor);
}

/** bfloat16 bits to a number; exact. */
export function bf16ToF32(bits: number): number {
  BITS[0] = bits << 16;
  return FLOAT[0]!;
}

/** A number, rounded to float32 first, to bfloat16 bits; ties to even, NaN stays a quiet NaN. */
export function f32ToBf16(value: number): number {
  FLOAT[0] = value;
  return bf16FromF32Bits(BITS[0]!);
}

/** float32 bits to bfloat16 bits, as f32ToBf16. */
export function bf16FromF32Bits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 64;
  return ((bits >>> 16) + (((bits & 0xffff) + 0x7fff + ((bits >>> 16) & 1)) >>> 16)) & 0xffff;
}
