/**
 * e^x and ln x of IEEE additions, multiplications and divisions alone: Math.exp and Math.log may differ between JavaScript
 * engines in the last bit, these do not. Errors are a few units in the last place.
 */

const LN2_HIGH = 0.6931471803691238; // fdlibm, e_exp.c: ln2HI, 33 bits
const LN2_LOW = 1.9082149292705877e-10; // ln2LO
/** Below and above, the result is no normal number. */
const LOWEST = -708;
const HIGHEST = 709;
const LEAST_NORMAL = 2 ** -1022;

const float = new Float64Array(1);
const word = new Int32Array(float.buffer);

/** e^x; 0 below -708, Infinity above 709: x = n ln2 + r, e^r by its Taylor series of degree 13 on |r| <= ln2 / 2. */
export function exp(x: number): number {
  if (!(x >= LOWEST && x <= HIGHEST))
    return x < LOWEST ? 0 : x > HIGHEST ? Number.POSITIVE_INFINITY : Number.NaN;
  const n = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  const s = r * r;
  const low = 1 + r + s * (1 / 2 + r * (1 / 6)) + s * s * (1 / 24 + r * (1 / 120));
  const high = 1 / 720 + r * (1 / 5040) + s * (1 / 40320 + r * (1 / 362880));
  const highest = 1 / 3628800 + r * (1 / 39916800) + s * (1 / 479001600 + r * (1 / 6227020800));
  word[HIGH_WORD] = (n + 1023) << 20;
  word[1 - HIGH_WORD] = 0;
  return (low + s * s * s * (high + s * s * highest)) * float[0]!;
}

/** Index of a double's sign and exponent. */
const HIGH_WORD = (() => {
  float[0] = 1;
  return word[1] === 0 ? 0 : 1;
})();

/** ln x: x = 2^n m with m within a factor of sqrt 2 from 1, ln m = 2 artanh((m - 1) / (m + 1)). */
export function log(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY))
    return x === 0 ? Number.NEGATIVE_INFINITY : x > 0 ? x : Number.NaN;
  if (x < LEAST_NORMAL) return log(x * 2 ** 54) - 54 * Math.LN2;
  float[0] = x;
  let n = (word[HIGH_WORD]! >>> 20) - 1023;
  word[HIGH_WORD] = (word[HIGH_WORD]! & 0xfffff) | (1023 << 20);
  let m = float[0]!;
  if (m > Math.SQRT2) {
    m /= 2;
    n++;
  }
  const t = (m - 1) / (m + 1);
  const s = t * t;
  let p = 0;
  for (let k = 21; k >= 3; k -= 2) p = (p + 1 / k) * s;
  return n * LN2_HIGH + (2 * t + (2 * t * p + n * LN2_LOW));
}
