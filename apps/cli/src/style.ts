/** Marks up text for a terminal, or leaves it as it is. */
export interface Style {
  readonly bold: (text: string) => string;
  /** Of less weight: speed, hints. */
  readonly dim: (text: string) => string;
  /** What to look at. */
  readonly accent: (text: string) => string;
  /** What is wrong. */
  readonly alarm: (text: string) => string;
}

/** SGR parameters (ECMA-48, 8.3.117): on, off. */
const marked = (on: number, off: number) => (text: string) => `\x1b[${on}m${text}\x1b[${off}m`;

const PLAIN: Style = { bold: String, dim: String, accent: String, alarm: String };

/**
 * Magenta and red are the two of the eight colours that read well on black and on white alike: in xterm's palette their
 * contrast is at least 3.6 to 1 on both, while green, yellow and cyan fall below 2.5 on white, and blue on black.
 */
const COLOURED: Style = {
  bold: marked(1, 22),
  dim: marked(2, 22),
  accent: marked(35, 39),
  alarm: marked(31, 39),
};

export const styleOf = (coloured: boolean): Style => (coloured ? COLOURED : PLAIN);

/** Whether a stream is to be coloured: a terminal, unless NO_COLOR (no-color.org) or a dumb one says no. */
export function wantsColour(
  terminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return terminal && !environment.NO_COLOR && environment.TERM !== "dumb";
}
