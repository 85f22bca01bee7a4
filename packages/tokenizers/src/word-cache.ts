const MAX_WORDS = 2 ** 16; // some tens of MiB at worst
const MAX_LENGTH = 48; // longer words hardly recur

/** Remembers the ids of words. Forgets everything when full: the common words are back at once. */
export function cachedByWord(
  encode: (word: string) => readonly number[],
): (word: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (word) => {
    const hit = known.get(word);
    if (hit !== undefined) return hit;
    const ids = encode(word);
    if (word.length <= MAX_LENGTH) {
      if (known.size >= MAX_WORDS) known.clear();
      known.set(word, ids);
    }
    return ids;
  };
}
