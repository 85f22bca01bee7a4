/**
 * The values of several sources as they come, each with its source's index. Where one throws, or the reader leaves, the
 * others are told to return.
 */
export async function* merge<T>(
  sources: readonly AsyncGenerator<T>[],
): AsyncGenerator<readonly [index: number, value: T]> {
  const next = async (index: number) => ({ index, result: await sources[index]!.next() });
  const pending = new Map(sources.map((_, index) => [index, next(index)]));
  try {
    while (pending.size > 0) {
      const { index, result } = await Promise.race(pending.values());
      if (result.done) {
        pending.delete(index);
      } else {
        yield [index, result.value];
        pending.set(index, next(index));
      }
    }
  } finally {
    for (const left of pending.values()) left.catch(() => {});
    for (const source of sources) source.return(undefined).catch(() => {});
  }
}
