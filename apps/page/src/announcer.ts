/** Turns a growing text into pieces worth reading aloud. */
export interface Announcer {
  /** Takes the whole text so far; returns what to say now, or "". */
  push(text: string): string;
  /** The rest, when the text has ended. */
  flush(text: string): string;
}

/** Below this, several sentences are said together. Characters. */
const ENOUGH = 120;

/** Whole sentences, or lines, of at least `ENOUGH` characters together. */
export function createAnnouncer(): Announcer {
  let said = 0;
  return {
    push(text) {
      if (text.length - said < ENOUGH) return "";
      const fresh = text.slice(said);
      const end = Math.max(...[". ", "! ", "? ", "\n", "。"].map((mark) => fresh.lastIndexOf(mark)));
      if (end + 1 < ENOUGH) return "";
      said += end + 1;
      return fresh.slice(0, end + 1).trim();
    },
    flush(text) {
      const rest = text.slice(said).trim();
      said = text.length;
      return rest;
    },
  };
}
