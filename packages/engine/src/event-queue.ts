/** A queue between one producer and one `for await`. Ends when the producer says so or the consumer leaves. */
export interface EventQueue<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** No more items; what is queued is still delivered. */
  close(): void;
}

/** @param onLeave called when the consumer leaves before the end */
export function createEventQueue<T>(onLeave: () => void): EventQueue<T> {
  let items: T[] = [];
  let head = 0;
  let closed = false;
  const takers: ((result: IteratorResult<T>) => void)[] = [];
  const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

  function next(): Promise<IteratorResult<T>> {
    if (head < items.length) {
      const value = items[head++]!;
      if (head === items.length) {
        items = [];
        head = 0;
      }
      return Promise.resolve({ done: false, value });
    }
    if (closed) return Promise.resolve(END);
    return new Promise((resolve) => takers.push(resolve));
  }

  function close(): void {
    closed = true;
    for (const take of takers.splice(0)) take(END);
  }

  return {
    push(item) {
      if (closed) return;
      const take = takers.shift();
      if (take === undefined) items.push(item);
      else take({ done: false, value: item });
    },
    close,
    [Symbol.asyncIterator]: () => ({
      next,
      return() {
        if (!closed) onLeave();
        items = [];
        head = 0;
        close();
        return Promise.resolve(END);
      },
    }),
  };
}
