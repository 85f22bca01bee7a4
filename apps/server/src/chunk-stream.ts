export interface ChunkStreamOptions {
  /** The reader went away. The source is then told to return. */
  onCancel(): void;
}

interface KeepAlive {
  readonly everyMs: number;
  readonly chunk: string;
}

const SILENCE = Symbol("silence");

/**
 * Bytes of a source of values, pulled one at a time: a value is sent the moment it exists, and none is asked for before
 * the one before it was taken. Where the source is silent for `everyMs`, the keep-alive chunk is sent.
 */
export function chunkStream<T>(
  source: AsyncGenerator<T>,
  encode: (value: T) => string,
  options: ChunkStreamOptions & { readonly keepAlive?: KeepAlive },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { keepAlive, onCancel } = options;
  const encoder = new TextEncoder();
  let pending: Promise<IteratorResult<T>> | undefined;

  async function next(): Promise<IteratorResult<T> | typeof SILENCE> {
    pending ??= source.next();
    if (keepAlive === undefined) return pending;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<typeof SILENCE>((resolve) => {
      timer = setTimeout(resolve, keepAlive.everyMs, SILENCE);
    });
    try {
      return await Promise.race([pending, silence]);
    } finally {
      clearTimeout(timer);
    }
  }

  return new ReadableStream({
    async pull(controller) {
      const result = await next();
      if (result === SILENCE) {
        controller.enqueue(encoder.encode(keepAlive!.chunk));
        return;
      }
      pending = undefined;
      if (result.done) controller.close();
      else controller.enqueue(encoder.encode(encode(result.value)));
    },
    async cancel() {
      onCancel();
      await source.return(undefined);
    },
  });
}
