/** The element of largest magnitude among `length` from `at` on, the first of equals; 0 where all are 0. */
export function largestMagnitude(src: Float32Array, at: number, length: number): number {
  let magnitude = 0;
  let largest = 0;
  for (let i = at; i < at + length; i++) {
    const value = src[i]!;
    if (Math.abs(value) > magnitude) {
      magnitude = Math.abs(value);
      largest = value;
    }
  }
  return largest;
}

/** 1 / d in float32, 0 where d is 0. */
export function reciprocal(d: number): number {
  return d !== 0 ? Math.fround(1 / d) : 0;
}

/** Nearest integer of a float32 below 2^22 in magnitude, ties to even: nearest_int of ggml-quants.c. */
export function nearestInt(value: number): number {
  return Math.fround(value + 12582912) - 12582912;
}
