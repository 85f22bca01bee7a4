import type { Splitter } from "./split.ts";

/** Runs of digits; what is between them stays whole. */
const DIGITS = /\p{Nd}+|\P{Nd}+/gv;
const IS_DIGIT = /^\p{Nd}/v;
const CONTINUES_WORD = /^[\p{L}\p{M}\p{N}\p{Pc}]/v;

function pushGroups(run: string, lead: number, pieces: string[]): void {
  const digits = [...run];
  if (lead > 0) pieces.push(digits.slice(0, lead).join(""));
  for (let i = lead; i < digits.length; i += 3) pieces.push(digits.slice(i, i + 3).join(""));
}

/**
 * Groups of three digits counted from the right, what remains in front: 1234567 is 1 234 567. The patterns that ask for
 * this look ahead to the end of the number at every group; counting takes linear time.
 *
 * `atWordEnd`: a run that goes on in letters has no place a look-ahead for `\b` would accept and is left whole, as
 * `\d{1,3}(?=(?:\d{3})*\b)` leaves it (llama.cpp's "tiny_aya").
 */
export function digitGroups(options: { atWordEnd?: boolean } = {}): Splitter {
  const runs = DIGITS;
  const isRun = IS_DIGIT;
  return (text) => {
    const parts = text.match(runs) ?? [];
    const pieces: string[] = [];
    for (const [i, part] of parts.entries()) {
      const open = options.atWordEnd === true && CONTINUES_WORD.test(parts[i + 1] ?? "");
      if (!isRun.test(part)) pieces.push(part);
      else if (open) pieces.push(part);
      else pushGroups(part, [...part].length % 3, pieces);
    }
    return pieces;
  };
}
