/** Trains a byte-level BPE vocabulary, and writes it as a tokenizer.json. */

/** GPT-2's pattern for words, and its 256 characters that stand for bytes. */
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

const printable = (byte: number) =>
  (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
let next = 256;
const BYTE_CHARACTERS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  String.fromCodePoint(printable(byte) ? byte : next++),
);

interface Word {
  pieces: string[];
  readonly count: number;
}

/** How often each word of the texts stands there, as characters that stand for bytes. */
export function countWords(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const [word] of text.matchAll(WORDS)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const encoder = new TextEncoder();
  return new Map(
    [...counts].map(([word, count]) => [
      Array.from(encoder.encode(word), (byte) => BYTE_CHARACTERS[byte]!).join(""),
      count,
    ]),
  );
}

/** Merges of the most frequent neighbours, one after another. Of equally frequent ones the first by code points. */
export function trainMerges(counts: ReadonlyMap<string, number>, merges: number): [string, string][] {
  const words: Word[] = [...counts].map(([text, count]) => ({ pieces: [...text], count }));
  const frequency = new Map<string, number>();
  const holders = new Map<string, Set<Word>>();
  const add = (word: Word, sign: 1 | -1) => {
    for (let i = 1; i < word.pieces.length; i++) {
      const pair = `${word.pieces[i - 1]} ${word.pieces[i]}`;
      frequency.set(pair, (frequency.get(pair) ?? 0) + sign * word.count);
      if (sign === 1) holders.set(pair, (holders.get(pair) ?? new Set()).add(word));
    }
  };
  for (const word of words) add(word, 1);
  const made: [string, string][] = [];
  while (made.length < merges) {
    let best = "";
    let most = 0;
    for (const [pair, count] of frequency)
      if (count > most || (count === most && count > 0 && pair < best)) [best, most] = [pair, count];
    if (most < 2) break;
    const [left, right] = best.split(" ") as [string, string];
    made.push([left, right]);
    for (const word of holders.get(best) ?? []) {
      add(word, -1);
      const joined: string[] = [];
      for (const piece of word.pieces)
        if (piece === right && joined.at(-1) === left) joined[joined.length - 1] = left + right;
        else joined.push(piece);
      word.pieces = joined;
      add(word, 1);
    }
    frequency.delete(best);
    holders.delete(best);
  }
  return made;
}

/** A tokenizer.json of the merges, with special tokens first. */
export function tokenizerJson(
  special: readonly string[],
  merges: readonly (readonly [string, string])[],
): object {
  const pieces = [...special, ...BYTE_CHARACTERS, ...merges.map(([left, right]) => left + right)];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: merges.map(([left, right]) => [left, right]),
    },
  };
}
