import { OverloadedError } from "./errors.ts";

/** Bounds how many requests are inside. Nobody waits at it: the engine has the queue. */
export interface Gate {
  /**
   * Lets one request in; the returned function, called once, lets it out.
   * @throws OverloadedError
   */
  enter(): () => void;
  inside(): number;
  /** Resolves when nobody is inside. */
  idle(): Promise<void>;
}

export function createGate(limit: number): Gate {
  let inside = 0;
  let waiters: (() => void)[] = [];
  return {
    enter() {
      if (inside >= limit) throw new OverloadedError(limit);
      inside++;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        inside--;
        if (inside > 0) return;
        for (const wake of waiters) wake();
        waiters = [];
      };
    },
    inside: () => inside,
    idle: () => (inside === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
  };
}
