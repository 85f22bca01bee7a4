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

/** Items that a thread takes at once of `total`: few enough that all threads end together. */
// @ts-ignore: decorator
@inline
export function take_size(total: i32, threads: i32): i32 {
  return threads == 1 ? total : max(1, total / (threads << 4));
}

/**
 * First of the next `size` items that nobody has taken; at or past the total where none are left. `taken` counts what
 * all threads took of this command (barrier.ts).
 */
// @ts-ignore: decorator
@inline
export function take(taken: usize, size: i32): i32 {
  return atomic.add<i32>(taken, size);
}
