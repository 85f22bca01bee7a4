import type { WordModel } from "./bpe.ts";
import { merger } from "./merge.ts";

export interface ScoredTokens {
  /** Tokens that text may become (normal, user defined, unused). */
  readonly ids: ReadonlyMap<string, number>;
  /** One a token; higher is merged first. */
  readonly scores: ArrayLike<number>;
  readonly texts: readonly string[];
  /** Tokens that exist only as steps to others: a result is taken apart again. */
  readonly unused: ReadonlySet<number>;
  readonly byteTokens?: Int32Array;
  readonly unknownId?: number;
}

const encoder = new TextEncoder();

/** Dense ranks, the highest score first; equal scores share a rank. */
function ranksOf(scores: ArrayLike<number>, count: number): Int32Array {
  const sorted = Float64Array.from({ length: count }, (_, id) => -(scores[id] ?? 0)).sort();
  const rankOf = new Map<number, number>();
  for (const score of sorted) if (!rankOf.has(score)) rankOf.set(score, rankOf.size);
  return Int32Array.from({ length: count }, (_, id) => rankOf.get(-(scores[id] ?? 0)) ?? 0);
}

/**
 * SentencePiece's BPE: two neighbours merge where their joined text is a token, the best score first, then the leftmost
 * (google/sentencepiece src/bpe_model.cc). Characters without a token become byte tokens, or one unknown token a run.
 */
export function sentencePieceBpe(tokens: ScoredTokens): WordModel {
  const { ids, texts, unused, byteTokens, unknownId } = tokens;
  const vocabularySize = texts.length;
  const ranks = ranksOf(tokens.scores, vocabularySize);
  let longest = 1;
  for (const text of ids.keys()) longest = Math.max(longest, text.length);

  // Characters without a token are numbered from vocabularySize up, within one word.
  let strangers: string[] = [];
  const halves = new Map<number, readonly [number, number]>(); // how an unused token last came about
  const textOf = (symbol: number): string =>
    symbol < vocabularySize ? texts[symbol]! : strangers[symbol - vocabularySize]!;

  const merge = merger({
    find(left, right) {
      const first = textOf(left);
      const second = textOf(right);
      if (first.length + second.length > longest) return -1;
      const id = ids.get(first + second) ?? -1;
      if (id >= 0 && unused.has(id)) halves.set(id, [left, right]);
      return id;
    },
    rank: (rule) => ranks[rule]!,
    result: (rule) => rule,
  });

  let symbols = new Int32Array(64);

  return (word) => {
    strangers = [];
    halves.clear();
    const strangerIds = new Map<string, number>();
    if (symbols.length < word.length) symbols = new Int32Array(word.length * 2);
    let count = 0;
    for (const character of word) {
      let id = ids.get(character) ?? strangerIds.get(character);
      if (id === undefined) {
        id = vocabularySize + strangers.length;
        strangers.push(character);
        strangerIds.set(character, id);
      }
      symbols[count++] = id;
    }
    count = merge(symbols, count);

    const out: number[] = [];
    let afterUnknown = false;
    const pending: number[] = []; // the next symbol last
    for (let i = count - 1; i >= 0; i--) pending.push(symbols[i]!);
    for (let symbol = pending.pop(); symbol !== undefined; symbol = pending.pop()) {
      const parts = halves.get(symbol);
      if (parts !== undefined) {
        pending.push(parts[1], parts[0]);
      } else if (symbol < vocabularySize) {
        out.push(symbol);
        afterUnknown = false;
      } else if (byteTokens !== undefined) {
        for (const byte of encoder.encode(textOf(symbol))) out.push(byteTokens[byte]!);
      } else if (unknownId !== undefined) {
        if (!afterUnknown) out.push(unknownId);
        afterUnknown = true;
      }
    }
    return out;
  };
}
