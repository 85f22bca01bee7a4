/**
 * GPT-2's reversible spelling of bytes as printable characters: the printable bytes of Latin-1 stand for themselves, the
 * other 68 become U+0100 and up in order (`bytes_to_unicode` in openai/gpt-2 src/encoder.py).
 */
const PRINTABLE: readonly (readonly [number, number])[] = [
  [0x21, 0x7e],
  [0xa1, 0xac],
  [0xae, 0xff],
];

function buildAlphabet(): readonly string[] {
  const characters: string[] = [];
  let spare = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = PRINTABLE.some(([first, last]) => byte >= first && byte <= last);
    characters.push(String.fromCharCode(printable ? byte : spare++));
  }
  return characters;
}

/** The character for each byte. */
export const BYTE_CHARACTERS: readonly string[] = buildAlphabet();

/** The byte for each code unit below 0x144 that is a byte's character, else -1. */
const BYTE_OF_UNIT: Int16Array = (() => {
  const bytes = new Int16Array(0x144).fill(-1);
  for (const [byte, character] of BYTE_CHARACTERS.entries()) bytes[character.charCodeAt(0)] = byte;
  return bytes;
})();

const encoder = new TextEncoder();
const ONLY_PRINTABLE_ASCII = /^[!-~]*$/;

/** The UTF-8 bytes of a text, each as its character. */
export function spellBytes(text: string): string {
  if (ONLY_PRINTABLE_ASCII.test(text)) return text;
  let spelled = "";
  for (const byte of encoder.encode(text)) spelled += BYTE_CHARACTERS[byte];
  return spelled;
}

/** The bytes a spelling stands for, or undefined where a character is not of the alphabet. */
export function unspellBytes(spelled: string): Uint8Array | undefined {
  const bytes = new Uint8Array(spelled.length);
  for (let i = 0; i < spelled.length; i++) {
    const unit = spelled.charCodeAt(i);
    const byte = unit < BYTE_OF_UNIT.length ? BYTE_OF_UNIT[unit]! : -1;
    if (byte < 0) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
