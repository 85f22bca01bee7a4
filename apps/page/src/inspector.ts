import type { Piece } from "./pieces.ts";
import type { State } from "./state.ts";

/** The two texts of an answer. */
export type Channel = "content" | "reasoning";

/** A piece of an answer on the page. */
export interface Place {
  readonly turn: number;
  readonly channel: Channel;
  readonly piece: number;
}

/** A piece that the reader looks at. */
export interface Inspection extends Place {
  /** Where it is in the window. */
  readonly box: DOMRect;
  /** Stays until it is dismissed, as a click or a key opened it. */
  readonly isPinned: boolean;
  readonly isByKey: boolean;
}

const TEXT = "[data-channel]";
const PIECE = "[data-piece]";
const CURRENT = "data-current";

/** The text and piece that an element belongs to. */
export function placeOf(element: Element | null): Place | undefined {
  const span = element?.closest<HTMLElement>(PIECE);
  const text = span?.closest<HTMLElement>(TEXT);
  if (!span || !text) return undefined;
  const { turn, channel } = text.dataset;
  return { turn: Number(turn), channel: channel as Channel, piece: Number(span.dataset.piece) };
}

export const pieceAt = ({ turns }: State, { turn, channel, piece }: Place): Piece | undefined =>
  turns.find(({ id }) => id === turn)?.answer[channel][piece];

const spansOf = (text: Element, piece: number): Element[] => [
  ...text.querySelectorAll(`[data-piece="${piece}"]`),
];

/** Sets the current piece apart; undefined takes the mark away. */
export function markCurrent(root: ParentNode, place: Place | undefined): void {
  for (const marked of root.querySelectorAll(`[${CURRENT}]`)) marked.removeAttribute(CURRENT);
  if (place === undefined) return;
  const text = root.querySelector(`[data-turn="${place.turn}"][data-channel="${place.channel}"]`);
  for (const span of text === null ? [] : spansOf(text, place.piece)) span.setAttribute(CURRENT, "");
}

/** Where a piece is: the box of its first line. */
export function boxOf(span: Element): DOMRect {
  return span.getClientRects()[0] ?? span.getBoundingClientRect();
}

const KEYS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at, count) => Math.min(count - 1, at + 1),
  ArrowLeft: (at) => Math.max(0, at - 1),
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Where a key leads within a focused text; undefined for other keys and other places. */
export function stepTo(
  key: string,
  focused: Element | null,
  from: Place | undefined,
): Inspection | undefined {
  const move = KEYS[key];
  if (move === undefined || !(focused instanceof HTMLElement) || !focused.matches(TEXT)) return undefined;
  const count = Number(focused.dataset.count);
  if (!(count > 0)) return undefined;
  const turn = Number(focused.dataset.turn);
  const channel = focused.dataset.channel as Channel;
  const isHere = from?.turn === turn && from.channel === channel;
  const piece = move(isHere ? from.piece : -1, count);
  const span = spansOf(focused, piece)[0];
  if (span === undefined) return undefined;
  span.scrollIntoView({ block: "nearest" });
  return { turn, channel, piece, box: boxOf(span), isPinned: true, isByKey: true };
}
