import { trieOf } from "../trie.ts";
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
  const starts = trieOf(ids);
  const continuing = continuingPrefix === "" ? starts : trieOf(withoutPrefix(ids, continuingPrefix));
  const unknown = [unknownId];

  return (word) => {
    if (word.length > maxCharacters && [...word].length > maxCharacters) return unknown;
    const out: number[] = [];
    for (let start = 0; start < word.length; ) {
      const trie = start === 0 ? starts : continuing;
      let id = -1;
      let next = start;
      let node = 0;
      for (let end = start; end < word.length; ) {
        node = trie.next(node, word.charCodeAt(end++));
        if (node < 0) break;
        if (trie.value(node) < 0) continue;
        id = trie.value(node);
        next = end;
      }
      if (id < 0) return unknown;
      out.push(id);
      start = next;
    }
    return out;
  };
}

function* withoutPrefix(ids: ReadonlyMap<string, number>, prefix: string): Generator<[string, number]> {
  for (const [text, id] of ids) if (text.startsWith(prefix)) yield [text.slice(prefix.length), id];
}
