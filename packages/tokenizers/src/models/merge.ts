/** Which neighbours may merge, and how eagerly. Both BPE by merge list and SentencePiece BPE by scores are such rules. */
export interface MergeRules {
  /** The rule for two neighbouring symbols, or -1. */
  find(left: number, right: number): number;
  /** Priority of a rule in [0, 2^23): the lowest goes first, then the leftmost. */
  rank(rule: number): number;
  /** The symbol both become. */
  result(rule: number): number;
}

const POSITION = 2 ** 30; // positions are below 2^30 and ranks below 2^23, so rank * POSITION + position is exact

/**
 * Repeats "merge the best pair" until none is left, in O(n log n): symbols form a linked list and candidate pairs a
 * binary heap ordered by (rank, position). A pair that has changed since it was queued is told by its rank.
 *
 * @returns a function that merges the first `length` entries of `symbols` in place and returns how many remain
 */
export function merger(rules: MergeRules): (symbols: Int32Array, length: number) => number {
  let capacity = 0;
  let next = new Int32Array(0);
  let previous = new Int32Array(0);
  let ruleAt = new Int32Array(0); // rule for the pair that starts here, or -1
  let heap = new Float64Array(0); // at most n - 1 pairs at first and two more for each of n - 1 merges
  let size = 0;

  const reserve = (length: number) => {
    if (length <= capacity) return;
    capacity = Math.max(64, length * 2);
    next = new Int32Array(capacity);
    previous = new Int32Array(capacity);
    ruleAt = new Int32Array(capacity);
    heap = new Float64Array(capacity * 3);
  };

  const siftDown = (start: number) => {
    const key = heap[start]!;
    let hole = start;
    for (;;) {
      let child = hole * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= key) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = key;
  };

  const push = (key: number) => {
    let hole = size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (heap[parent]! <= key) break;
      heap[hole] = heap[parent]!;
      hole = parent;
    }
    heap[hole] = key;
  };

  return (symbols, length) => {
    if (length < 2) return length;
    reserve(length);
    size = 0;
    for (let i = 0; i < length; i++) {
      previous[i] = i - 1;
      next[i] = i + 1;
      const rule = i + 1 < length ? rules.find(symbols[i]!, symbols[i + 1]!) : -1;
      ruleAt[i] = rule;
      if (rule >= 0) heap[size++] = rules.rank(rule) * POSITION + i;
    }
    if (size === 0) return length;
    for (let i = (size >> 1) - 1; i >= 0; i--) siftDown(i);

    const update = (at: number, left: number, right: number) => {
      const rule = rules.find(left, right);
      ruleAt[at] = rule;
      if (rule >= 0) push(rules.rank(rule) * POSITION + at);
    };

    while (size > 0) {
      const key = heap[0]!;
      size--;
      if (size > 0) {
        heap[0] = heap[size]!;
        siftDown(0);
      }
      const at = key % POSITION;
      const rule = ruleAt[at]!;
      if (rule < 0 || rules.rank(rule) !== (key - at) / POSITION) continue;
      const right = next[at]!;
      const after = next[right]!;
      const merged = rules.result(rule);
      symbols[at] = merged;
      ruleAt[right] = -1;
      ruleAt[at] = -1;
      next[at] = after;
      if (after < length) {
        previous[after] = at;
        update(at, merged, symbols[after]!);
      }
      const before = previous[at]!;
      if (before >= 0) update(before, symbols[before]!, merged);
    }

    let kept = 0;
    for (let i = 0; i < length; i = next[i]!) symbols[kept++] = symbols[i]!;
    return kept;
  };
}
