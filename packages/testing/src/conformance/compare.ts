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

/** Where the bits of two f32 arrays first differ, in words; "nowhere" for the same bits. */
export function firstDifference(a: Float32Array, b: Float32Array): string {
  if (a.length !== b.length) return `lengths ${a.length} and ${b.length}`;
  const [left, right] = [new Uint32Array(a.slice().buffer), new Uint32Array(b.slice().buffer)];
  const i = left.findIndex((word, at) => word !== right[at]);
  return i < 0 ? "nowhere" : `at ${i} of ${a.length}: ${a[i]} and ${b[i]}`;
}
