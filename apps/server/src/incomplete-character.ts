/** Bytes of a UTF-8 character by its first byte; 0 for a byte that begins none. RFC 3629, section 3. */
function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

/** Whether bytes end with a character that lacks some of its own. */
export function endsInsideCharacter(bytes: Uint8Array): boolean {
  let at = bytes.length - 1;
  while (at >= 0 && bytes.length - at < 4 && (bytes[at]! & 0xc0) === 0x80) at--;
  return at >= 0 && lengthOf(bytes[at]!) > bytes.length - at;
}
