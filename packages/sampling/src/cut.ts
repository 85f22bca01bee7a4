import type { Candidates } from "./candidates.ts";

/** Digits of a 32-bit key from the most significant: 11 + 11 + 10 bits. */
const DIGITS = [
  { shift: 21, mask: 2047 },
  { shift: 10, mask: 2047 },
  { shift: 0, mask: 1023 },
] as const;

/** Order-preserving map of a float's bits to an unsigned integer: greater logit, greater key. */
export function orderedKey(bits: number): number {
  return (bits < 0 ? ~bits : bits | 0x80000000) >>> 0;
}

/**
 * Keeps the shortest run of candidates, likeliest first, whose weights reach `target`; equal logits go by ascending id.
 * `weightOf[i]` is the weight of entry i; null weighs each entry 1. Where the sum never reaches the target all are kept.
 *
 * A weighted radix selection (most significant digit first): O(size), no sort, no allocation; the survivors stay in
 * order of id.
 */
export function keepHeaviest(candidates: Candidates, weightOf: Float64Array | null, target: number): void {
  const { ids, logits, bits, scratch, histogram, size } = candidates;
  for (let i = 0; i < size; i++) logits[i] = logits[i]! + 0; // -0 and 0 are one key
  let tied = size; // entries that agree with the cut in every digit so far
  let reached = 0; // weight of the entries above them
  let cut = 0; // key of the cut, digit by digit
  for (const { shift, mask } of DIGITS) {
    const first = shift === 21;
    histogram.fill(0);
    let top = 0;
    for (let j = 0; j < tied; j++) {
      const i = first ? j : scratch[j]!;
      const digit = (orderedKey(bits[i]!) >>> shift) & mask;
      histogram[digit] = histogram[digit]! + (weightOf === null ? 1 : weightOf[i]!);
      if (digit > top) top = digit;
    }
    let digit = top;
    while (digit > 0 && reached + histogram[digit]! < target) reached += histogram[digit--]!;
    cut = (cut | (digit << shift)) >>> 0;
    let still = 0;
    for (let j = 0; j < tied; j++) {
      const i = first ? j : scratch[j]!;
      if (((orderedKey(bits[i]!) >>> shift) & mask) === digit) scratch[still++] = i;
    }
    tied = still;
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
