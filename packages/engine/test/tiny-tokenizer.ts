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

/** @param ends end-of-generation ids */
export function createTinyTokenizer(ends: readonly number[] = []): EngineTokenizer {
  return { endOfGeneration: new Set(ends), streamDecoder };
}
