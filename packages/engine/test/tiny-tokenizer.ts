import type { StreamDecoder } from "@realizar/tokenizers";
import type { EngineTokenizer } from "../src/local-engine.ts";

/** Whole words, single letters, and the bytes of characters of two, three and four bytes one by one. [32] */
const PIECES: readonly (string | readonly number[])[] = [
  ..."abcdefgh",
  " ",
  "ab",
  "abc",
  "ca",
  "\n",
  "\n\n",
  "é",
  "😀",
  [0xc3],
  [0xa9],
  [0xe2],
  [0x82],
  [0xac],
  [0xf0],
  [0x9f],
  [0x98],
  [0x80],
  [0x20, 0xe2, 0x80],
  [0x9c],
  "stop",
  "st",
  "op",
  "x",
  "y",
];

const bytes = PIECES.map((piece) =>
  typeof piece === "string" ? new TextEncoder().encode(piece) : Uint8Array.from(piece),
);

export const TINY_VOCAB = PIECES.length;

export function decodeAll(ids: readonly number[]): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    Uint8Array.from(ids.flatMap((id) => [...bytes[id]!])),
  );
}

function streamDecoder(): StreamDecoder {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    push(id) {
      const piece = bytes[id];
      if (piece === undefined) throw new RangeError(`no token ${id}`);
      return decoder.decode(piece, { stream: true });
    },
    flush: () => decoder.decode(),
  };
}

/** The longest piece at each place. */
function encode(text: string): number[] {
  const ids: number[] = [];
  for (let at = 0; at < text.length; ) {
    let best = -1;
    PIECES.forEach((piece, id) => {
      if (typeof piece !== "string" || !text.startsWith(piece, at)) return;
      if (best < 0 || piece.length > PIECES[best]!.length) best = id;
    });
    if (best < 0) throw new RangeError(`no token for ${text[at]}`);
    ids.push(best);
    at += PIECES[best]!.length;
  }
  return ids;
}

/**
 * @param ends end-of-generation ids
 * @param special control ids: never part of a text but where it is asked to show them
 */
export function createTinyTokenizer(
  ends: readonly number[] = [],
  special: readonly number[] = [],
): EngineTokenizer {
  return {
    endOfGeneration: new Set(ends),
    isSpecial: (id) => special.includes(id),
    encode,
    streamDecoder(options) {
      const decoder = streamDecoder();
      const hidden = options?.skipSpecial === false ? [] : special;
      return { ...decoder, push: (id) => (hidden.includes(id) ? "" : decoder.push(id)) };
    },
  };
}
