/** Largest difference as a share of the largest exact number; infinite where lengths differ or a number is none. */
export function relativeError(actual: Float32Array, exact: Float32Array): number {
  if (actual.length !== exact.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let largest = 0;
  for (const [i, value] of exact.entries()) {
    const error = Math.abs(actual[i]! - value);
    if (Number.isNaN(error)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, error);
    largest = Math.max(largest, Math.abs(value));
  }
  return difference === 0 ? 0 : difference / largest;
}

/** The bits of f32 numbers, as text that a failed test shows in full. */
export function bitsOf(values: Float32Array): string {
  const words = new Uint32Array(values.slice().buffer);
  return Array.from(words, (word) => word.toString(16).padStart(8, "0")).join(" ");
}
