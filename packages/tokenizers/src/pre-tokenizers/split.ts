/** What becomes of the matches when a text is split (huggingface/tokenizers, SplitDelimiterBehavior). */
export const SPLIT_BEHAVIORS = [
  "removed",
  "isolated",
  "mergedwithprevious",
  "mergedwithnext",
  "contiguous",
] as const;
export type SplitBehavior = (typeof SPLIT_BEHAVIORS)[number];

/** A text to its pieces, in order and without empty ones. */
export type Splitter = (text: string) => readonly string[];

/** A stretch of the text: a match, or what lies between two. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly match: boolean;
}

function spansOf(text: string, pattern: RegExp): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) spans.push({ start: end, end: match.index, match: false });
    end = match.index + match[0].length;
    spans.push({ start: match.index, end, match: true }); // of length 0 where the pattern only marks a place
  }
  if (end < text.length) spans.push({ start: end, end: text.length, match: false });
  return spans;
}

const JOINS: Readonly<Record<SplitBehavior, (span: Span, before: Span | undefined) => boolean>> = {
  removed: () => false,
  isolated: () => false,
  mergedwithprevious: (span, before) => span.match && before !== undefined && !before.match,
  mergedwithnext: (span, before) => !span.match && before?.match === true,
  contiguous: (span, before) => before?.match === span.match,
};

/** Matches and what lies between them. */
function isolated(text: string, pattern: RegExp): string[] {
  const pieces: string[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) pieces.push(text.slice(end, match.index));
    if (match[0] !== "") pieces.push(match[0]);
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}

/**
 * @param pattern with the `g` flag
 * @param invert what the pattern does not match counts as the match
 */
export function splitBy(pattern: RegExp, behavior: SplitBehavior, invert = false): Splitter {
  const joins = JOINS[behavior];
  return (text) => {
    const matches = text.match(pattern);
    if (matches === null) return text === "" || (behavior === "removed" && invert) ? [] : [text];
    if (behavior === "isolated") {
      let covered = 0;
      for (const piece of matches) covered += piece === "" ? Number.NaN : piece.length;
      return covered === text.length ? matches : isolated(text, pattern);
    }
    if (behavior === "removed" && invert) return matches.filter((piece) => piece !== "");
    const pieces: string[] = [];
    let start = 0;
    let before: Span | undefined;
    const cut = (end: number) => {
      if (end > start) pieces.push(text.slice(start, end));
    };
    for (const found of spansOf(text, pattern)) {
      const span = invert ? { ...found, match: !found.match } : found;
      if (behavior === "removed") {
        if (!span.match) pieces.push(text.slice(span.start, span.end));
      } else if (!joins(span, before)) {
        cut(span.start);
        start = span.start;
      }
      before = span;
    }
    if (behavior !== "removed") cut(text.length);
    return pieces.filter((piece) => piece !== "");
  };
}

/** Cuts before each occurrence of a mark. */
export function splitBefore(text: string, mark: string): readonly string[] {
  const pieces: string[] = [];
  let from = 0;
  for (let at = text.indexOf(mark, 1); at > 0; at = text.indexOf(mark, at + 1)) {
    pieces.push(text.slice(from, at));
    from = at;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}

const MEMO_PIECES = 2 ** 14;
const MEMO_LENGTH = 32;

/** Remembers what short pieces become: words recur. Forgets everything when full. */
function remembered(split: Splitter): Splitter {
  const known = new Map<string, readonly string[]>();
  return (text) => {
    if (text.length > MEMO_LENGTH) return split(text);
    let pieces = known.get(text);
    if (pieces === undefined) {
      pieces = split(text);
      if (known.size >= MEMO_PIECES) known.clear();
      known.set(text, pieces);
    }
    return pieces;
  };
}

/** Each splitter applied to every piece of the one before. */
export function inSequence(splitters: readonly Splitter[]): Splitter {
  const [first, ...others] = splitters;
  if (first === undefined) return (text) => (text === "" ? [] : [text]);
  if (others.length === 0) return first;
  const rest = remembered(inSequence(others));
  return (text) => {
    const pieces: string[] = [];
    for (const piece of first(text)) for (const part of rest(piece)) pieces.push(part);
    return pieces;
  };
}
