/**
 * How one thread tells another, busy one that a message waits for it: a count of such messages in shared memory. The
 * busy thread looks at it between two pieces of work, for less than a message costs.
 */
export type Hail = Int32Array; // [1], over a SharedArrayBuffer

/** Undefined where memory cannot be shared: a page that is not cross-origin isolated. */
export function createHail(): Hail | undefined {
  return typeof SharedArrayBuffer === "function" ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
}

/** One more message is on its way. */
export function raiseHail(hail: Hail | undefined): void {
  if (hail !== undefined) Atomics.add(hail, 0, 1);
}

/** The hailed thread's side. */
export interface HailWatch {
  /** Whether a message is on its way that has not been taken. */
  waiting(): boolean;
  /** Such a message has been taken. */
  taken(): void;
}

export function watchHail(hail: Hail | undefined): HailWatch {
  let count = 0;
  return {
    waiting: () => hail !== undefined && Atomics.load(hail, 0) !== count,
    taken: () => {
      count = (count + 1) | 0;
    },
  };
}
