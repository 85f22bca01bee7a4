const EMPTY = -1;

/**
 * Immutable-size hash table from a pair of non-negative 32-bit integers to a non-negative integer, by open addressing
 * with linear probing. Four bytes a cell and no object per entry: a quarter of a million merges take 6 MiB.
 */
export interface PairTable {
  /** The value, or -1. */
  get(left: number, right: number): number;
  /** Stores a value unless the pair has one; the table must have been made for that many entries. */
  setIfAbsent(left: number, right: number, value: number): void;
}

/** @param entries how many pairs will be stored at most */
export function pairTable(entries: number): PairTable {
  let slots = 16;
  while (slots < entries * 2) slots *= 2;
  const mask = slots - 1;
  const cells = new Int32Array(slots * 3).fill(EMPTY); // (left, right, value) a slot

  const slotOf = (left: number, right: number): number => {
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b); // golden ratio; murmur3's multiplier
    hash ^= hash >>> 15;
    let slot = hash & mask;
    for (;;) {
      const cell = slot * 3;
      if (cells[cell + 2] === EMPTY || (cells[cell] === left && cells[cell + 1] === right)) return cell;
      slot = (slot + 1) & mask;
    }
  };

  return {
    get: (left, right) => cells[slotOf(left, right) + 2]!,
    setIfAbsent(left, right, value) {
      const cell = slotOf(left, right);
      if (cells[cell + 2] !== EMPTY) return;
      cells[cell] = left;
      cells[cell + 1] = right;
      cells[cell + 2] = value;
    },
  };
}
