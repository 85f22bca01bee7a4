import { trieOf } from "./trie.ts";

/** A token found in text before anything else happens to it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Control token: found only where `parseSpecial` is asked for. */
  readonly special: boolean;
  /** Takes the white space in front with it. */
  readonly leftStrip: boolean;
  /** Takes the white space behind with it. */
  readonly rightStrip: boolean;
  /** Only where no word character touches it. */
  readonly singleWord: boolean;
}

/** Text between added tokens, or the id of one. */
export type Segment = string | number;

/** Text to segments; empty texts are left out. */
export type SegmentSplitter = (text: string) => Segment[];

const WORD_END = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]$/v;
const WORD_START = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/v;
const SPACE = /\p{White_Space}/v;

/** Finds the leftmost and there the longest token, by a trie of UTF-16 code units. */
export function addedTokenSplitter(tokens: readonly AddedToken[]): SegmentSplitter {
  if (tokens.every((token) => token.content === "")) return (text) => (text === "" ? [] : [text]);
  const trie = trieOf(tokens.map(({ content }, index) => [content, index] as const));

  const longestAt = (text: string, at: number): AddedToken | undefined => {
    let found = -1;
    let node = 0;
    for (let end = at; end < text.length; ) {
      node = trie.next(node, text.charCodeAt(end++));
      if (node < 0) break;
      if (trie.value(node) >= 0) found = trie.value(node);
    }
    return tokens[found];
  };

  const standsAlone = (text: string, start: number, end: number): boolean =>
    !WORD_END.test(text.slice(Math.max(0, start - 2), start)) && !WORD_START.test(text.slice(end, end + 2));

  return (text) => {
    const segments: Segment[] = [];
    let from = 0;
    for (let at = 0; at < text.length; ) {
      const token = longestAt(text, at);
      const end = at + (token?.content.length ?? 0);
      if (!token || (token.singleWord && !standsAlone(text, at, end))) {
        at++;
        continue;
      }
      let start = at;
      let next = end;
      if (token.leftStrip) while (start > from && SPACE.test(text[start - 1]!)) start--;
      if (token.rightStrip) while (next < text.length && SPACE.test(text[next]!)) next++;
      if (start > from) segments.push(text.slice(from, start));
      segments.push(token.id);
      at = next;
      from = next;
    }
    if (from < text.length) segments.push(text.slice(from));
    return segments;
  };
}

/** A splitter for each answer to `parseSpecial`. */
export function addedTokenSplitters(
  tokens: readonly AddedToken[],
): (parseSpecial: boolean) => SegmentSplitter {
  const all = addedTokenSplitter(tokens);
  const userDefined = addedTokenSplitter(tokens.filter((token) => !token.special));
  return (parseSpecial) => (parseSpecial ? all : userDefined);
}
