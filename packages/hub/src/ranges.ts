/** Bytes `start` to `end`, `end` excluded. */
export type Range = readonly [start: number, end: number];

/** Adds a range to sorted disjoint ranges; those that touch become one. */
export function addRange(ranges: readonly Range[], [start, end]: Range): Range[] {
  if (end <= start) return [...ranges];
  const before = ranges.filter((range) => range[1] < start);
  const after = ranges.filter((range) => range[0] > end);
  const touching = ranges.slice(before.length, ranges.length - after.length);
  const joined: Range = [
    Math.min(start, touching[0]?.[0] ?? start),
    Math.max(end, touching.at(-1)?.[1] ?? end),
  ];
  return [...before, joined, ...after];
}

/** What of [0, total) the sorted disjoint ranges leave out. */
export function missingRanges(ranges: readonly Range[], total: number): Range[] {
  const missing: Range[] = [];
  let at = 0;
  for (const [start, end] of [...ranges, [total, total] as const]) {
    if (start > at) missing.push([at, start]);
    at = Math.max(at, end);
  }
  return missing;
}

/** Cuts ranges into pieces of at most `most` bytes. */
export function cutRanges(ranges: readonly Range[], most: number): Range[] {
  const pieces: Range[] = [];
  for (const [start, end] of ranges)
    for (let at = start; at < end; at += most) pieces.push([at, Math.min(at + most, end)]);
  return pieces;
}

/** Bytes the ranges cover. */
export function coveredBytes(ranges: readonly Range[]): number {
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** Whether data read from a file are sorted disjoint ranges inside [0, total). */
export function areRanges(data: unknown, total: number): data is Range[] {
  if (!Array.isArray(data)) return false;
  let at = -1;
  for (const range of data) {
    if (!Array.isArray(range) || range.length !== 2) return false;
    const [start, end] = range;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) return false;
    if (start <= at || end <= start || end > total) return false;
    at = end;
  }
  return true;
}
