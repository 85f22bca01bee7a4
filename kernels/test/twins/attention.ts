/** One query head over its keys and values, in doubles. */
export function attend(
  query: ArrayLike<number>,
  keys: readonly ArrayLike<number>[],
  values: readonly ArrayLike<number>[],
  options: { scale: number; cap: number; sink?: number | undefined },
): number[] {
  const scores = keys.map((key) => {
    let s = 0;
    for (let d = 0; d < key.length; d++) s += query[d]! * key[d]!;
    s *= options.scale;
    return options.cap === 0 ? s : options.cap * Math.tanh(s / options.cap);
  });
  const top = Math.max(...scores, options.sink ?? Number.NEGATIVE_INFINITY);
  const weights = scores.map((s) => Math.exp(s - top));
  const sum =
    weights.reduce((a, b) => a + b, 0) + (options.sink === undefined ? 0 : Math.exp(options.sink - top));
  return Array.from(
    { length: values[0]!.length },
    (_, d) => values.reduce((y, value, i) => y + weights[i]! * value[d]!, 0) / sum,
  );
}
