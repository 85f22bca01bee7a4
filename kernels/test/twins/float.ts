export const f32 = Math.fround;

/** The nearest integer, ties to even. */
export function nearest(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** IEEE 754 binary16. */
export function half(bytes: Uint8Array, at: number): number {
  const h = bytes[at]! | (bytes[at + 1]! << 8);
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const mantissa = h & 1023;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}
