import type { PairTable } from "../pair-table.ts";
import type { Vocabulary } from "../vocabulary.ts";
import { merger } from "./merge.ts";

/** What turns one word into ids. */
export type WordModel = (word: string) => number[];

/** A merge list resolved to ids: rule r merges one pair into `results[r]`, and its rank is r. */
export interface Merges {
  readonly pairs: PairTable;
  readonly results: Int32Array;
}

export interface BpeOptions {
  readonly vocabulary: Vocabulary;
  readonly merges: Merges;
  /** A word that is a token is that token at once. */
  readonly ignoreMerges?: boolean;
  /** Tokens that text never becomes. */
  readonly control?: ReadonlySet<number>;
  /** For characters without a token; without it they are left out. */
  readonly unknownId?: number;
  /** Consecutive unknown characters give one unknown token. */
  readonly fuseUnknown?: boolean;
  /** Ids of the byte tokens, used for characters without a token. */
  readonly byteTokens?: Int32Array;
  /** Spelled before every character but a word's first ("##"). */
  readonly continuingPrefix?: string;
  /** Spelled after a word's last character ("</w>"). */
  readonly endSuffix?: string;
}

const encoder = new TextEncoder();

/** Byte-pair encoding by a merge list (Sennrich et al. 2016). O(n log n) in the length of the word. */
export function bpe(options: BpeOptions): WordModel {
  const { vocabulary, merges, unknownId, byteTokens } = options;
  const { pairs, results } = merges;
  const prefix = options.continuingPrefix ?? "";
  const suffix = options.endSuffix ?? "";
  const merge = merger({
    find: (left, right) => pairs.get(left, right),
    rank: (rule) => rule,
    result: (rule) => results[rule]!,
  });
  let symbols = new Int32Array(64);

  return (word) => {
    if (options.ignoreMerges) {
      const whole = vocabulary.ids.get(word);
      if (whole !== undefined && !options.control?.has(whole)) return [whole];
    }
    if (symbols.length < word.length * 4) symbols = new Int32Array(word.length * 8); // at most 3 bytes a code unit
    let count = 0;
    let afterUnknown = false;
    let at = 0;
    for (const character of word) {
      let spelled = at === 0 ? character : prefix + character;
      at += character.length;
      if (at === word.length) spelled += suffix;
      const id = vocabulary.ids.get(spelled);
      if (id !== undefined) {
        symbols[count++] = id;
        afterUnknown = false;
      } else if (byteTokens !== undefined) {
        for (const byte of encoder.encode(spelled)) symbols[count++] = byteTokens[byte]!;
        afterUnknown = false;
      } else if (unknownId !== undefined) {
        if (!(afterUnknown && options.fuseUnknown)) symbols[count++] = unknownId;
        afterUnknown = true;
      }
    }
    return Array.from(symbols.subarray(0, merge(symbols, count)));
  };
}
