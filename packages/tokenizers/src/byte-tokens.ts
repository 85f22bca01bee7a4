const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/** The byte a SentencePiece byte token (`<0x0A>`) stands for, or undefined where the text is not of that form. */
export function byteOfToken(text: string): number | undefined {
  const hex = BYTE_TOKEN.exec(text)?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}

/** The byte token's spelling. */
export function byteTokenText(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/** The ids of the 256 byte tokens, or undefined where one is missing. */
export function byteTokenIds(idOf: (text: string) => number | undefined): Int32Array | undefined {
  const ids = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const id = idOf(byteTokenText(byte));
    if (id === undefined) return undefined;
    ids[byte] = id;
  }
  return ids;
}
