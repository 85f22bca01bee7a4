import { memo } from "hono/jsx/dom";
import type { Channel } from "../inspector.ts";
import { type Block, markUp, type Span } from "../markup.ts";
import { isUncertain, type Piece } from "../pieces.ts";

/** Spans that are compared, and drawn anew, together. */
const RUN = 64;

interface RunProps {
  readonly spans: readonly Span[];
  readonly pieces: readonly Piece[];
}

const sameSpan = (a: Span, b: Span | undefined): boolean =>
  a.piece === b?.piece && a.text === b.text && a.style === b.style;

/** An answer only ever grows, so that equal spans have equal pieces. */
const Run = memo(
  ({ spans, pieces }: RunProps) => (
    <>
      {spans.map(({ piece, text, style }) => (
        <span data-piece={piece} class={isUncertain(pieces[piece]!) ? `${style} uncertain` : style}>
          {text}
        </span>
      ))}
    </>
  ),
  (before, after) =>
    before.spans.length === after.spans.length &&
    before.spans.every((span, at) => sameSpan(span, after.spans[at])),
);

const TAGS = { prose: "p", heading: "p", code: "pre" } as const;

function BlockView({ block: { kind, spans }, pieces }: { block: Block; pieces: readonly Piece[] }) {
  const Tag = TAGS[kind];
  const runs: (readonly Span[])[] = [];
  for (let at = 0; at < spans.length; at += RUN) runs.push(spans.slice(at, at + RUN));
  return (
    <Tag class={kind}>
      {runs.map((run, at) => (
        <Run key={at} spans={run} pieces={pieces} />
      ))}
    </Tag>
  );
}

interface AnswerTextProps {
  readonly turn: number;
  readonly channel: Channel;
  readonly pieces: readonly Piece[];
  readonly label: string;
}

/** A text whose tokens can be looked at, by pointer and by arrow keys. */
export const AnswerText = memo(({ turn, channel, pieces, label }: AnswerTextProps) => {
  const hasTokens = pieces.some(({ tokens }) => tokens.length > 0);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls, and this groups a text's tokens
    <div
      class="text"
      role="group"
      aria-label={label}
      aria-describedby={hasTokens ? "token-help" : undefined}
      tabIndex={hasTokens ? 0 : undefined}
      data-turn={turn}
      data-channel={channel}
      data-count={pieces.length}
    >
      {markUp(pieces).map((block, at) => (
        <BlockView key={at} block={block} pieces={pieces} />
      ))}
    </div>
  );
});
