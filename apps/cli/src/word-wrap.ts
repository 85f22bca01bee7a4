/** Breaks text at spaces while it streams, so that a terminal need not break it within words. */
export interface WordWrap {
  /** Takes the next piece; gives what can be shown. A word is held back until it ends. */
  push(text: string): string;
  /** What was held back; the next text begins a line. */
  flush(): string;
}

/** Blocks whose characters take two columns (Unicode, East Asian Width W and F, and emoji), roughly. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u;
const MARK = /\p{Mn}|\p{Me}|\p{Cf}/u;

function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return columns;
}

/** A message for standard error: broken at spaces where that is a terminal. */
export function folded(text: string, { terminal, columns }: { terminal: boolean; columns: number }): string {
  if (!terminal) return text;
  const wrap = wordWrap(() => columns);
  return wrap.push(text) + wrap.flush();
}

/** Wraps an answer for standard output; gives it as it is where that is no terminal. */
export function outputWrap(io: { readonly outColumns: number | undefined }): WordWrap {
  return io.outColumns === undefined
    ? { push: (text) => text, flush: () => "" }
    : wordWrap(() => io.outColumns ?? 80);
}

/** @param columns of the terminal, asked for each word: its size may change */
export function wordWrap(columns: () => number): WordWrap {
  let held = "";
  let column = 0;
  /** Spaces before the held word: left out where the line is broken there. */
  let gap = "";

  const word = (): string => {
    if (held === "") return "";
    const width = columnsOf(held);
    const breaks = column > 0 && gap !== "" && column + gap.length + width > columns();
    const shown = (breaks ? "\n" : gap) + held;
    column = breaks ? width : column + gap.length + width;
    held = "";
    gap = "";
    return shown;
  };

  return {
    push(text) {
      let shown = "";
      for (const character of text) {
        if (character === "\n") {
          shown += `${word()}${gap}\n`;
          gap = "";
          column = 0;
        } else if (character === " ") {
          shown += word();
          gap += " ";
        } else held += character;
      }
      // A word as long as a line needs no place of its own: nothing is gained by waiting for its end.
      if (columnsOf(held) >= columns()) shown += word();
      return shown;
    },
    flush() {
      const rest = word() + gap;
      gap = "";
      column = 0;
      return rest;
    },
  };
}
