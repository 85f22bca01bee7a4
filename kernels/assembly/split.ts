/** First of `total` items that thread `rank` of `threads` works on: contiguous shares that differ by at most one. */
// @ts-ignore: decorator
@inline
export function split_from(total: i32, rank: i32, threads: i32): i32 {
  return <i32>((<i64>total * rank) / threads);
}

/** End (exclusive) of the share of thread `rank`. */
// @ts-ignore: decorator
@inline
export function split_to(total: i32, rank: i32, threads: i32): i32 {
  return <i32>((<i64>total * (rank + 1)) / threads);
}

/** Items that a piece has at least, where there are enough for all threads: fewer would leave most streams of a product (weights/table.ts) empty. */
const LEAST: i32 = 4;

/**
 * First item of piece `piece` of `total`, where the one before ends: threads take pieces as they come for them, each a share
 * of what is left, large ones first and then small ones, so that all threads end together.
 */
export function piece_from(piece: i32, total: i32, threads: i32): i32 {
  if (threads == 1) return piece == 0 ? 0 : total;
  const shares = threads << 1, least = max(1, min(LEAST, total / shares));
  let from = 0;
  for (; piece > 0 && from < total; piece--) from += max(least, (total - from) / shares);
  return min(from, total);
}

/** The next `size` that nobody has taken. `taken` counts what all threads took of this command (barrier.ts). */
// @ts-ignore: decorator
@inline
export function take(taken: usize, size: i32 = 1): i32 {
  return atomic.add<i32>(taken, size);
}
