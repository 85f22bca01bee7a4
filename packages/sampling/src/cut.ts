import type { Candidates } from "./candidates.ts";

/** Digits of a 32-bit key from the most significant: 11 + 11 + 10 bits. The offset makes the signed first one an index. */
const DIGITS = [
  { shift: 21, mask: -1, offset: 1024 },
  { shift: 10, mask: 2047, offset: 0 },
  { shift: 0, mask: 1023, offset: 0 },
] as const;

/** Order-preserving map of a float's bits to a signed integer: greater logit, greater key; both zeros are one key. */
export function orderedKey(bits: number): number {
  return bits === -0x80000000 ? 0 : bits ^ ((bits >> 31) & 0x7fffffff);
}

/** So few entries are sorted by insertion sooner than counted. */
const FEW = 64;

/**
 * Keeps the shortest run of candidates, likeliest first, whose weights reach `target`; equal logits go by ascending id.
 * `weightOf[i]` is the weight of entry i; null weighs each entry 1. Where the sum never reaches the target all are kept.
 *
 * A weighted radix selection (most significant digit first) narrows down the entries around the cut: O(size), no sort
 * of the whole, no allocation. The survivors stay in order of id.
 */
export function keepHeaviest(candidates: Candidates, weightOf: Float64Array | null, target: number): void {
  const { ids, logits, bits, scratch, histogram, size } = candidates;
  let reached = 0; // weight of the entries above the cut
  let cut = 0; // key of the cut, digit by digit
  let tied = size; // entries that agree with the cut in every digit so far: scratch[0, tied), ids ascending
  for (let i = 0; i < size; i++) scratch[i] = i;
  for (const { shift, mask, offset } of DIGITS) {
    if (tied <= FEW) break;
    histogram.fill(0);
    let top = 0;
    for (let j = 0; j < tied; j++) {
      const i = scratch[j]!;
      const digit = ((orderedKey(bits[i]!) >> shift) & mask) + offset;
      histogram[digit] = histogram[digit]! + (weightOf === null ? 1 : weightOf[i]!);
      if (digit > top) top = digit;
    }
    let digit = top;
    while (digit > 0 && reached + histogram[digit]! < target) reached += histogram[digit--]!;
    digit -= offset;
    cut |= digit << shift;
    let still = 0;
    for (let j = 0; j < tied; j++) {
      const i = scratch[j]!;
      if (((orderedKey(bits[i]!) >> shift) & mask) === digit) scratch[still++] = i;
    }
    tied = still;
  }
  if (tied <= FEW) {
    sortByKey(scratch, tied, bits);
    let sum = reached;
    for (let j = 0; j < tied && sum < target; j++) {
      const i = scratch[j]!;
      const key = orderedKey(bits[i]!);
      if (j === 0 || key !== cut) reached = sum;
      cut = key;
      sum += weightOf === null ? 1 : weightOf[i]!;
    }
  }
  let kept = 0;
  for (let i = 0; i < size; i++) {
    const key = orderedKey(bits[i]!);
    if (key < cut) continue;
    if (key === cut) {
      if (reached >= target) continue;
      reached += weightOf === null ? 1 : weightOf[i]!;
    }
    ids[kept] = ids[i]!;
    logits[kept] = logits[i]!;
    kept++;
  }
  candidates.size = kept;
}

/** Insertion sort of the first n entries by descending key; stable, so equal keys stay in order of id. */
function sortByKey(entries: Int32Array, n: number, bits: Int32Array): void {
  for (let j = 1; j < n; j++) {
    const entry = entries[j]!;
    const key = orderedKey(bits[entry]!);
    let at = j;
    for (; at > 0 && orderedKey(bits[entries[at - 1]!]!) < key; at--) entries[at] = entries[at - 1]!;
    entries[at] = entry;
  }
}
