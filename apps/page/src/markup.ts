import type { Piece } from "./pieces.ts";

export type Style = "plain" | "strong" | "code" | "mark";

/** A stretch of one piece in one style. */
export interface Span {
  /** Position of the piece in the answer. */
  readonly piece: number;
  readonly text: string;
  readonly style: Style;
}

export interface Block {
  readonly kind: "prose" | "code" | "heading";
  readonly spans: readonly Span[];
}

interface Line {
  readonly start: number;
  /** After its line break. */
  readonly end: number;
  readonly text: string;
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  while (start < text.length) {
    const at = text.indexOf("\n", start);
    const end = at < 0 ? text.length : at + 1;
    lines.push({ start, end, text: text.slice(start, at < 0 ? end : at) });
    start = end;
  }
  return lines;
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly style: Style;
}

/** `code`, then **strong**, both within a line: CommonMark's commonest marks (spec.commonmark.org, sections 6.1, 6.2). */
const INLINE = /(`+)(?!`)(.+?)(?<!`)\1(?!`)|(\*\*)(?=\S)(.+?)(?<=\S)\3/g;

function inlineStyles({ start, text }: Line): Stretch[] {
  const stretches: Stretch[] = [];
  for (const match of text.matchAll(INLINE)) {
    const mark = (match[1] ?? match[3])!;
    const from = start + match.index;
    const to = from + match[0].length;
    const style = match[1] === undefined ? "strong" : "code";
    stretches.push({ start: from, end: from + mark.length, style: "mark" });
    stretches.push({ start: from + mark.length, end: to - mark.length, style });
    stretches.push({ start: to - mark.length, end: to, style: "mark" });
  }
  return stretches;
}

interface Draft {
  readonly kind: Block["kind"];
  readonly start: number;
  end: number;
  readonly stretches: Stretch[];
}

/** Which stretches of a text are what. Every character stays: marks are only set apart. */
function draft(text: string): Draft[] {
  const blocks: Draft[] = [];
  let fence: string | undefined;
  let open: Draft | undefined;
  const begin = (kind: Block["kind"], line: Line): Draft => {
    const block = { kind, start: line.start, end: line.end, stretches: [] };
    blocks.push(block);
    return block;
  };
  for (const line of linesOf(text)) {
    const wholeLine = { start: line.start, end: line.end, style: "mark" as const };
    if (fence !== undefined) {
      open!.end = line.end;
      if (line.text.trim().startsWith(fence) && line.text.trim().replaceAll(fence[0]!, "") === "") {
        open!.stretches.push(wholeLine);
        fence = undefined;
        open = undefined;
      }
      continue;
    }
    fence = /^ {0,3}(`{3,}|~{3,})/.exec(line.text)?.[1];
    if (fence !== undefined) {
      open = begin("code", line);
      open.stretches.push(wholeLine);
      continue;
    }
    const heading = /^#{1,6} /.exec(line.text);
    if (heading !== null) {
      const block = begin("heading", line);
      block.stretches.push({ start: line.start, end: line.start + heading[0].length, style: "mark" });
      block.stretches.push(...inlineStyles(line));
      open = undefined;
      continue;
    }
    open ??= begin("prose", line);
    open.end = line.end;
    open.stretches.push(...inlineStyles(line));
    // A paragraph takes the blank lines after it, so that a block that is done stays as it is.
    if (line.text.trim() === "") open = undefined;
  }
  return blocks;
}

/** Sets an answer's text in blocks and styles and cuts both where its pieces meet. Linear in the text. */
export function markUp(pieces: readonly Piece[]): Block[] {
  const text = pieces.map((piece) => piece.text).join("");
  let piece = 0;
  let pieceEnd = pieces[0]?.text.length ?? 0;
  return draft(text).map(({ kind, start, end, stretches }) => {
    const spans: Span[] = [];
    let at = start;
    let next = 0;
    while (at < end) {
      while (pieceEnd <= at) pieceEnd += pieces[++piece]!.text.length;
      while (next < stretches.length && stretches[next]!.end <= at) next++;
      const stretch = stretches[next];
      const isInside = stretch !== undefined && stretch.start <= at;
      const to = Math.min(
        end,
        pieceEnd,
        stretch === undefined ? end : isInside ? stretch.end : stretch.start,
      );
      spans.push({ piece, text: text.slice(at, to), style: isInside ? stretch.style : "plain" });
      at = to;
    }
    return { kind, spans };
  });
}
