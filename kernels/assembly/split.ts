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
