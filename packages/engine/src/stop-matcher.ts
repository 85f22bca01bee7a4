/**
 * Cuts a text that arrives in pieces at the first stop string to be completed; of several completed by the same
 * character, at the longest. Holds back only what may yet become one.
 *
 * Law: the joined results of `push` and `flush` are the text cut there, whatever the pieces. One Knuth-Morris-Pratt
 * automaton a stop string: O(stop strings) amortised per UTF-16 unit.
 */
export interface StopMatcher {
  /** Text that is certain now. Empty once stopped. */
  push(text: string): string;
  /** What was held back: no stop string came of it. */
  flush(): string;
  /** Whether text is being held back. */
  readonly holding: boolean;
  /** Whether a stop string has been found; it and all after it are dropped. */
  readonly stopped: boolean;
}

/** For each prefix of `pattern`, the length of its longest proper border. */
function borders(pattern: string): Int32Array {
  const border = new Int32Array(pattern.length + 1);
  let length = 0;
  for (let i = 1; i < pattern.length; i++) {
    while (length > 0 && pattern.charCodeAt(i) !== pattern.charCodeAt(length)) length = border[length]!;
    if (pattern.charCodeAt(i) === pattern.charCodeAt(length)) length++;
    border[i + 1] = length;
  }
  return border;
}

/** @param stops non-empty strings */
export function createStopMatcher(stops: readonly string[]): StopMatcher {
  const automata = stops.map((stop) => ({ stop, border: borders(stop), matched: 0 }));
  let held = "";
  let stopped = false;

  function push(text: string): string {
    if (stopped) return "";
    if (automata.length === 0) return text;
    const all = held + text;
    for (let i = held.length; i < all.length; i++) {
      const unit = all.charCodeAt(i);
      let found = 0; // length of the longest stop string that ends here
      for (const a of automata) {
        while (a.matched > 0 && a.stop.charCodeAt(a.matched) !== unit) a.matched = a.border[a.matched]!;
        if (a.stop.charCodeAt(a.matched) === unit) a.matched++;
        if (a.matched === a.stop.length) found = Math.max(found, a.matched);
      }
      if (found === 0) continue;
      stopped = true;
      held = "";
      return all.slice(0, i + 1 - found);
    }
    let keep = 0;
    for (const a of automata) keep = Math.max(keep, a.matched);
    held = all.slice(all.length - keep);
    return all.slice(0, all.length - keep);
  }

  return {
    push,
    flush() {
      const rest = held;
      held = "";
      for (const a of automata) a.matched = 0;
      return rest;
    },
    get holding() {
      return held !== "";
    },
    get stopped() {
      return stopped;
    },
  };
}
