import type { Piece } from "./step.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** How many bytes a lead byte announces; 0 for a byte that leads nothing. */
function announced(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

/** The number of bytes at the end that may still become a character: 0 to 3. */
function unfinished(bytes: Uint8Array, length: number): number {
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    return announced(byte) > back ? back : 0;
  }
  return 0;
}

/**
 * Gathers pieces into text. `take` gives the text that is certain so far, holding back at most three bytes; invalid
 * bytes become U+FFFD as the WHATWG encoding standard lays down.
 */
export interface TextGatherer {
  add(piece: Piece): void;
  take(): string;
  /** All that is left. */
  finish(): string;
}

export function textGatherer(): TextGatherer {
  let text = "";
  let bytes = new Uint8Array(64);
  let length = 0;

  const decode = (upTo: number) => {
    if (upTo === 0) return;
    text += decoder.decode(bytes.subarray(0, upTo));
    bytes.copyWithin(0, upTo, length);
    length -= upTo;
  };
  const taken = (): string => {
    const result = text;
    text = "";
    return result;
  };

  return {
    add(piece) {
      if (typeof piece === "string") {
        if (piece === "") return;
        decode(length);
        text += piece;
        return;
      }
      if (length + piece.length > bytes.length) {
        const larger = new Uint8Array((length + piece.length) * 2);
        larger.set(bytes.subarray(0, length));
        bytes = larger;
      }
      bytes.set(piece, length);
      length += piece.length;
    },
    take() {
      decode(length - unfinished(bytes, length));
      return taken();
    },
    finish() {
      decode(length);
      return taken();
    },
  };
}
