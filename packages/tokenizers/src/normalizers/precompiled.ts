import type { Charsmap } from "./charsmap.ts";
import type { Normalizer } from "./normalizer.ts";

const encoder = new TextEncoder();

/** Remembers single characters: there are few of them in any text. */
function perCharacter(charsmap: Charsmap): (character: string) => string {
  const known = new Map<string, string>();
  return (character) => {
    let result = known.get(character);
    if (result === undefined) {
      result = charsmap.shortest(encoder.encode(character), 0)?.replacement ?? character;
      known.set(character, result);
    }
    return result;
  };
}

/**
 * A charsmap the way huggingface/tokenizers applies it (normalizers/precompiled.rs): to each grapheme of less than six
 * bytes as a whole, else to each of its characters, taking the shortest key that starts it.
 */
export function precompiled(charsmap: Charsmap): Normalizer {
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  const mapCharacter = perCharacter(charsmap);
  const mapGrapheme = (grapheme: string): string => {
    const bytes = encoder.encode(grapheme);
    if (bytes.length < 6) {
      const whole = charsmap.shortest(bytes, 0);
      if (whole) return whole.replacement;
    }
    let out = "";
    for (const character of grapheme) out += mapCharacter(character);
    return out;
  };
  return (text) => {
    let out = "";
    for (let at = 0; at < text.length; ) {
      // An ASCII character followed by another is a grapheme by itself; the last of a run may have marks behind it.
      if (isAscii(text, at) && (at + 1 === text.length || isAscii(text, at + 1))) {
        out += mapCharacter(text[at]!);
        at++;
        continue;
      }
      let end = at + 1;
      while (end < text.length && !(isAscii(text, end) && isAscii(text, end - 1))) end++;
      for (const { segment } of segmenter.segment(text.slice(at, end))) out += mapGrapheme(segment);
      at = end;
    }
    return out;
  };
}

/** CR and LF count as others: together they are one grapheme. */
const isAscii = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit < 0x80 && unit !== 0x0a && unit !== 0x0d;
};
