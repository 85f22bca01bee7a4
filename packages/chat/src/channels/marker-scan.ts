/**
 * Finds the first of several markers in text that arrives in pieces. Text is released as soon as it cannot be part of
 * a marker, so at most one marker's length less one is held.
 */
export interface MarkerScan {
  /** Text before the marker found, the marker (null: none yet) and what follows it. */
  feed(text: string): { before: string; marker: string | null; after: string };
  /** What is still held. */
  rest(): string;
}

export function newMarkerScan(markers: readonly string[]): MarkerScan {
  let held = "";
  return {
    feed(text) {
      const all = held + text;
      let at = -1;
      let found: string | null = null;
      for (const marker of markers) {
        const i = all.indexOf(marker);
        if (i !== -1 && (at === -1 || i < at)) {
          at = i;
          found = marker;
        }
      }
      if (found !== null) {
        held = "";
        return { before: all.slice(0, at), marker: found, after: all.slice(at + found.length) };
      }
      const keep = Math.max(0, ...markers.map((marker) => overlap(all, marker)));
      held = all.slice(all.length - keep);
      return { before: all.slice(0, all.length - keep), marker: null, after: "" };
    },
    rest() {
      const text = held;
      held = "";
      return text;
    },
  };
}

/** Length of the longest end of `text` that is a proper beginning of `marker`. */
function overlap(text: string, marker: string): number {
  for (let length = Math.min(text.length, marker.length - 1); length > 0; length--) {
    if (text.endsWith(marker.slice(0, length))) return length;
  }
  return 0;
}
