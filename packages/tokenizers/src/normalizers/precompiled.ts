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
  const unchanged = Array.from({ length: 0x80 }, (_, unit) => {
    const character = String.fromCharCode(unit);
    return mapCharacter(character) === character;
  });
  return (text) => {
    let out = "";
    for (let at = 0; at < text.length; ) {
      let copied = at;
      while (isAlone(text, copied) && unchanged[text.charCodeAt(copied)]) copied++;
      out += text.slice(at, copied);
      at = copied;
      if (at === text.length) break;
      if (isAlone(text, at)) {
        out += mapCharacter(text[at]!);
        at++;
        continue;
      }
      let end = at + 1;
      while (!breaksBefore(text, end)) end++;
      for (const { segment } of segmenter.segment(text.slice(at, end))) out += mapGrapheme(segment);
      at = end;
    }
    return out;
  };
}

const isAscii = (text: string, at: number): boolean => text.charCodeAt(at) < 0x80;
const CR = 0x0d;
const LF = 0x0a;

/** Two ASCII characters are two graphemes, unless they are CR LF; what else may join is left to the segmenter. */
const breaksBefore = (text: string, at: number): boolean =>
  at >= text.length ||
  (isAscii(text, at - 1) &&
    isAscii(text, at) &&
    !(text.charCodeAt(at - 1) === CR && text.charCodeAt(at) === LF));

/** A grapheme of one ASCII character starts at this boundary. */
const isAlone = (text: string, at: number): boolean =>
  at < text.length && isAscii(text, at) && breaksBefore(text, at + 1);
