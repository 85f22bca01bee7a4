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

interface Node {
  readonly children: Map<number, Node>;
  token: AddedToken | undefined;
}

const WORD_END = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]$/v;
const WORD_START = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/v;
const SPACE = /\p{White_Space}/v;

/** Finds the leftmost and there the longest token, by a trie of UTF-16 code units. */
export function addedTokenSplitter(tokens: readonly AddedToken[]): SegmentSplitter {
  const root: Node = { children: new Map(), token: undefined };
  for (const token of tokens) {
    let node = root;
    for (let i = 0; i < token.content.length; i++) {
      const unit = token.content.charCodeAt(i);
      let child = node.children.get(unit);
      if (!child) {
        child = { children: new Map(), token: undefined };
        node.children.set(unit, child);
      }
      node = child;
    }
    if (node !== root) node.token ??= token;
  }
  if (root.children.size === 0) return (text) => (text === "" ? [] : [text]);

  const longestAt = (text: string, at: number): AddedToken | undefined => {
    let found: AddedToken | undefined;
    let node = root.children.get(text.charCodeAt(at));
    for (let end = at + 1; node !== undefined; end++) {
      if (node.token) found = node.token;
      node = end < text.length ? node.children.get(text.charCodeAt(end)) : undefined;
    }
    return found;
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
