import { trieOf } from "../trie.ts";
import type { WordModel } from "./bpe.ts";

/** A token to be found in text. */
export interface UnigramToken {
  readonly id: number;
  readonly text: string;
  /** Log probability. */
  readonly score: number;
}

export interface UnigramOptions {
  readonly tokens: readonly UnigramToken[];
  readonly unknownId?: number;
  /** Score of a character without a token. */
  readonly unknownScore: number;
  /** Consecutive unknown characters give one unknown token. */
  readonly fuseUnknown?: boolean;
  /** Ids of the byte tokens, used in place of the unknown token. */
  readonly byteTokens?: Int32Array;
}

/** Below the lowest score by this much (google/sentencepiece src/unigram_model.cc, kUnkPenalty). */
export const UNKNOWN_PENALTY = 10;

const UNKNOWN = -1;
const encoder = new TextEncoder();
const isHighSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xd800;

/**
 * The most probable segmentation under a unigram language model (Kudo 2018), by Viterbi over a trie of UTF-16 code
 * units. O(n) in the length of the word times the longest token.
 */
export function unigram(options: UnigramOptions): WordModel {
  const { tokens, unknownScore, unknownId, byteTokens } = options;
  const fuse = options.fuseUnknown ?? true;
  const trie = trieOf(tokens.map(({ text }, index) => [text, index] as const));

  let best = new Float64Array(0); // score of the best path that ends here
  let cameFrom = new Int32Array(0);
  let cameBy = new Int32Array(0); // index into tokens, or UNKNOWN

  return (word) => {
    const length = word.length;
    if (best.length <= length) {
      best = new Float64Array(length * 2 + 64);
      cameFrom = new Int32Array(best.length);
      cameBy = new Int32Array(best.length);
    }
    best.fill(Number.NEGATIVE_INFINITY, 0, length + 1);
    best[0] = 0;
    for (let start = 0; start < length; ) {
      const width = isHighSurrogate(word.charCodeAt(start)) && start + 1 < length ? 2 : 1;
      const score = best[start]!;
      let wholeCharacter = false;
      let node = 0;
      for (let end = start; end < length; ) {
        node = trie.next(node, word.charCodeAt(end++));
        if (node < 0) break;
        const index = trie.value(node);
        if (index < 0) continue;
        if (end - start === width) wholeCharacter = true;
        const candidate = score + tokens[index]!.score;
        if (candidate > best[end]!) {
          best[end] = candidate;
          cameFrom[end] = start;
          cameBy[end] = index;
        }
      }
      if (!wholeCharacter && score + unknownScore > best[start + width]!) {
        best[start + width] = score + unknownScore;
        cameFrom[start + width] = start;
        cameBy[start + width] = UNKNOWN;
      }
      start += width;
    }

    const reversed: number[] = [];
    let afterUnknown = false;
    for (let end = length; end > 0; ) {
      const start = cameFrom[end]!;
      const index = cameBy[end]!;
      if (index !== UNKNOWN) reversed.push(tokens[index]!.id);
      else if (byteTokens !== undefined) {
        const bytes = encoder.encode(word.slice(start, end));
        for (let i = bytes.length - 1; i >= 0; i--) reversed.push(byteTokens[bytes[i]!]!);
      } else if (unknownId !== undefined && !(fuse && afterUnknown)) reversed.push(unknownId);
      afterUnknown = index === UNKNOWN;
      end = start;
    }
    return reversed.reverse();
  };
}
