import type { Charsmap } from "./charsmap.ts";
import type { Normalizer } from "./normalizer.ts";

/** What stands for a space inside SentencePiece vocabularies: U+2581. */
export const SPACE_MARK = "\u2581";

export interface SentencePieceNormalizerOptions {
  readonly charsmap?: Charsmap;
  /** Put a space mark in front of the text (or behind, see `spaceAsSuffix`). */
  readonly addDummyPrefix: boolean;
  /** Drop spaces at both ends and all but one in between. */
  readonly removeExtraSpaces: boolean;
  readonly escapeSpaces: boolean;
  readonly spaceAsSuffix: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Replaces by the longest key at each place; bytes no key starts are copied. */
function mapped(text: string, charsmap: Charsmap): string {
  const bytes = encoder.encode(text);
  let out = "";
  let copied = 0;
  for (let at = 0; at < bytes.length; ) {
    const match = charsmap.longest(bytes, at);
    if (match) {
      if (at > copied) out += decoder.decode(bytes.subarray(copied, at));
      out += match.replacement;
      at += match.length;
      copied = at;
    } else {
      at++;
      while (at < bytes.length && (bytes[at]! & 0xc0) === 0x80) at++; // on to the next character
    }
  }
  return copied === 0 ? text : out + decoder.decode(bytes.subarray(copied));
}

/** google/sentencepiece src/normalizer.cc, Normalizer::Normalize. */
export function sentencePieceNormalizer(options: SentencePieceNormalizerOptions): Normalizer {
  const { charsmap, addDummyPrefix, removeExtraSpaces, escapeSpaces, spaceAsSuffix } = options;
  const space = escapeSpaces ? SPACE_MARK : " ";
  return (text) => {
    let result = charsmap ? mapped(text, charsmap) : text;
    if (removeExtraSpaces) result = result.replace(/ {2,}/g, " ").replace(/^ | $/g, "");
    if (result === "") return "";
    if (escapeSpaces) result = result.replaceAll(" ", SPACE_MARK);
    if (!addDummyPrefix) return result;
    return spaceAsSuffix ? result + space : space + result;
  };
}
