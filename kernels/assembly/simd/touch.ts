/**
 * Memory that is wanted next, read ahead of its use where hardware does not foresee the order: pages of a KV cache, the
 * next columns while a few tokens are multiplied. What is read is dropped, but a load may trap, so no
 * compiler leaves it out. A few lines at a time between other work: more would wait for each other.
 */

/** Bytes, a multiple of a cache line, that each of count / 2 turns touches so that all of `bytes` are touched. */
// @ts-ignore: decorator
@inline
export function touched_share(bytes: usize, count: i32): usize {
  return (bytes / <usize>((count + 1) >> 1) + 63) & ~63;
}

/** Reads from each cache line from p up to `end`. */
// @ts-ignore: decorator
@inline
export function touch(p: usize, end: usize): void {
  for (; p + 192 < end; p += 256) {
    load<u32>(p);
    load<u32>(p, 64);
    load<u32>(p, 128);
    load<u32>(p, 192);
  }
  for (; p < end; p += 64) load<u32>(p);
}
