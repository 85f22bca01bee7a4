import type { WordModel } from "./bpe.ts";

export interface WordPieceOptions {
  readonly ids: ReadonlyMap<string, number>;
  readonly unknownId: number;
  /** Spelled before every piece but a word's first ("##"). */
  readonly continuingPrefix: string;
  /** Words of more characters are unknown as a whole. */
  readonly maxCharacters?: number;
}

/**
 * The longest token first, again and again; a word with a stretch that no token covers is unknown as a whole
 * (google-research/bert tokenization.py). O(n) in the length of the word times the longest token.
 */
export function wordPiece(options: WordPieceOptions): WordModel {
  const { ids, unknownId, continuingPrefix } = options;
  const maxCharacters = options.maxCharacters ?? Number.POSITIVE_INFINITY;
  let longest = 1;
  for (const text of ids.keys()) longest = Math.max(longest, text.length);
  const unknown = [unknownId];

  return (word) => {
    if (word.length > maxCharacters && [...word].length > maxCharacters) return unknown;
    const out: number[] = [];
    for (let start = 0; start < word.length; ) {
      const prefix = start === 0 ? "" : continuingPrefix;
      let end = Math.min(word.length, start + longest);
      let id: number | undefined;
      for (; end > start; end--) {
        id = ids.get(prefix + word.slice(start, end));
        if (id !== undefined) break;
      }
      if (id === undefined) return unknown;
      out.push(id);
      start = end;
    }
    return out;
  };
}
