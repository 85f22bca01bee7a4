/** Exponent of the smallest normal half, and bits of its fraction: IEEE 754 binary16. */
const MIN_EXPONENT = -14;
const FRACTION_BITS = 10;
/** From here on a number rounds past the largest half, 65504. */
const OVERFLOW = 65520;

/** The half nearest to x, ties to even, as a double. */
export function toHalf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude >= OVERFLOW) return Math.sign(x) * Number.POSITIVE_INFINITY;
  if (magnitude === 0 || Number.isNaN(x)) return x;
  const unit = 2 ** (Math.max(MIN_EXPONENT, exponentOf(magnitude)) - FRACTION_BITS);
  return roundToEven(x / unit) * unit;
}

/** e with 2^e <= x < 2^(e + 1). */
function exponentOf(x: number): number {
  const e = Math.floor(Math.log2(x));
  if (2 ** e > x) return e - 1;
  return 2 ** (e + 1) <= x ? e + 1 : e;
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
