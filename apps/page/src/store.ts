/** Holds a state and tells of its changes. */
export interface Store<S, A> {
  get(): S;
  dispatch(action: A): void;
  /** Calls back with the newest state after changes, as often as the schedule runs. Returns what ends it. */
  subscribe(listener: (state: S) => void): () => void;
}

/** @param schedule runs a callback soon, once; a page's is requestAnimationFrame */
export function createStore<S, A>(
  reduce: (state: S, action: A) => S,
  initial: S,
  schedule: (callback: () => void) => void,
): Store<S, A> {
  const listeners = new Set<(state: S) => void>();
  let state = initial;
  let isScheduled = false;
  return {
    get: () => state,
    dispatch(action) {
      state = reduce(state, action);
      if (isScheduled) return;
      isScheduled = true;
      schedule(() => {
        isScheduled = false;
        for (const listener of listeners) listener(state);
      });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
