import { CharsmapError } from "../errors.ts";

/**
 * SentencePiece's compiled normalizer: a table of replacements keyed by byte strings in a Darts double array, then the
 * replacements themselves, each ending in NUL (google/sentencepiece src/normalizer.cc, DecodePrecompiledCharsMap).
 *
 *     | u32 n | n bytes: u32 units of the double array | replacements |
 *
 * A unit packs, from the low bit: label 8, has-leaf 1, wide-offset 1, offset 22; a leaf has bit 31 set and holds the
 * replacement's place in the low 31 bits (s-yata/darts-clone include/darts.h).
 */
export interface Charsmap {
  /** The longest key that starts `bytes` at `at`: its length in bytes and its replacement. */
  longest(bytes: Uint8Array, at: number): CharsmapMatch | undefined;
  /** The shortest key that starts `bytes` at `at`. */
  shortest(bytes: Uint8Array, at: number): CharsmapMatch | undefined;
}

export interface CharsmapMatch {
  readonly length: number;
  readonly replacement: string;
}

const LEAF_LABEL_MASK = 0x8000_00ff;
const PLACE_MASK = 0x7fff_ffff;
const isLeaf = (unit: number): boolean => unit > PLACE_MASK;

/** @throws CharsmapError where the parts do not fit; a walk that leaves the array simply finds nothing */
export function parseCharsmap(data: ArrayLike<number>): Charsmap {
  const bytes = Uint8Array.from(data); // signed bytes become unsigned
  if (bytes.length < 4) throw new CharsmapError(`it has ${bytes.length} bytes, less than its length word`);
  const view = new DataView(bytes.buffer);
  const arrayBytes = view.getUint32(0, true);
  if (arrayBytes % 4 !== 0 || arrayBytes === 0)
    throw new CharsmapError(`its double array has ${arrayBytes} bytes`);
  if (4 + arrayBytes >= bytes.length) {
    throw new CharsmapError(`its double array of ${arrayBytes} bytes leaves no room in ${bytes.length}`);
  }
  const units = new Uint32Array(arrayBytes / 4);
  for (let i = 0; i < units.length; i++) units[i] = view.getUint32(4 + i * 4, true);
  const replacements = bytes.subarray(4 + arrayBytes);
  if (replacements.at(-1) !== 0) throw new CharsmapError("its last replacement does not end");
  for (const unit of units) {
    const place = unit & PLACE_MASK;
    if (isLeaf(unit) && place >= replacements.length) {
      throw new CharsmapError(`a replacement starts at ${place}, and they have ${replacements.length} bytes`);
    }
  }
  const decoder = new TextDecoder();
  const decoded = new Map<number, string>();

  const offsetOf = (unit: number): number => (unit >>> 10) << ((unit & (1 << 9)) >>> 6);

  const replacementAt = (place: number): string => {
    const known = decoded.get(place);
    if (known !== undefined) return known;
    const text = decoder.decode(replacements.subarray(place, replacements.indexOf(0, place)));
    decoded.set(place, text);
    return text;
  };

  const walk = (text: Uint8Array, at: number, stopAtFirst: boolean): CharsmapMatch | undefined => {
    let found: CharsmapMatch | undefined;
    let node = offsetOf(units[0]!);
    for (let end = at; end < text.length; end++) {
      const byte = text[end]!;
      if (byte === 0) break;
      node = (node ^ byte) >>> 0;
      const unit = units[node];
      if (unit === undefined || (unit & LEAF_LABEL_MASK) >>> 0 !== byte) break;
      node = (node ^ offsetOf(unit)) >>> 0;
      if (((unit >>> 8) & 1) === 0) continue;
      const leaf = units[node];
      if (leaf === undefined || !isLeaf(leaf)) break;
      found = { length: end - at + 1, replacement: replacementAt(leaf & PLACE_MASK) };
      if (stopAtFirst) break;
    }
    return found;
  };

  return {
    longest: (text, at) => walk(text, at, false),
    shortest: (text, at) => walk(text, at, true),
  };
}
