import { useLayoutEffect, useRef } from "hono/jsx/dom";
import { percent, visible } from "../format.ts";
import type { Inspection } from "../inspector.ts";
import type { Piece, Token } from "../pieces.ts";

/** CSS pixels between the token, the popover and the window's edge. */
const GAP = 6;

/** Places the popover below its token, above where there is no room, and within the window. */
export function place(
  box: Pick<DOMRect, "left" | "top" | "bottom">,
  size: { readonly width: number; readonly height: number },
  room: { readonly width: number; readonly height: number },
): { left: number; top: number } {
  const left = Math.max(GAP, Math.min(box.left, room.width - size.width - GAP));
  const below = box.bottom + GAP;
  const above = box.top - GAP - size.height;
  return { left, top: below + size.height <= room.height || above < GAP ? below : above };
}

/** The chosen token among its alternatives, whether or not it is one of the likeliest. */
function ranked(token: Token) {
  const at = token.top.findIndex(({ text, logprob }) => text === token.text && logprob === token.logprob);
  const chosen = at >= 0 ? at : token.top.findIndex(({ text }) => text === token.text);
  const rows = token.top.map((candidate, row) => ({ ...candidate, isChosen: row === chosen }));
  return chosen >= 0 ? rows : [...rows, { text: token.text, logprob: token.logprob, isChosen: true }];
}

function Alternatives({ token }: { token: Token }) {
  return (
    <ol>
      {ranked(token).map(({ text, logprob, isChosen }) => (
        <li
          class={isChosen ? "chosen" : ""}
          aria-label={`${visible(text)}, ${percent(logprob)}${isChosen ? ", chosen" : ""}`}
        >
          <span
            class="bar"
            style={{ width: `${(Math.exp(logprob ?? Number.NEGATIVE_INFINITY) * 100).toFixed(1)}%` }}
          />
          <code>{visible(text)}</code>
          <span class="share">{percent(logprob)}</span>
        </li>
      ))}
    </ol>
  );
}

/** The alternatives of the piece that the reader looks at. */
export function TokenPopover({ inspection, piece }: { inspection: Inspection; piece: Piece }) {
  const ref = useRef<HTMLElement>(null);
  const { box, isPinned, isByKey } = inspection;
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const { clientWidth, clientHeight } = document.documentElement;
    const size = { width: element.offsetWidth, height: element.offsetHeight };
    const { left, top } = place(box, size, { width: clientWidth, height: clientHeight });
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
  });
  return (
    <div
      id="alternatives"
      ref={ref}
      class={isPinned ? "popover pinned" : "popover"}
      role="status"
      aria-live={isByKey ? "polite" : "off"}
      aria-label="Alternatives"
    >
      {piece.tokens.map((token) => (
        <Alternatives token={token} />
      ))}
    </div>
  );
}
