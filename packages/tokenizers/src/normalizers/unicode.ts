import type { Normalizer } from "./normalizer.ts";

/** Each character by itself: no final sigma, as Rust's `char::to_lowercase`. */
export const lowercase: Normalizer = (text) => text.replaceAll("Σ", "σ").toLowerCase();

export const stripMarks: Normalizer = (text) => text.replace(/\p{M}+/gv, "");

/** Control characters out and odd spaces to plain ones (google/sentencepiece "nmt" rules; tokenizers' `Nmt`). */
export const nmt: Normalizer = (text) => text.replace(NMT_DROPPED, "").replace(NMT_SPACES, " ");

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it drops
const NMT_DROPPED = /[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]+/g;
const NMT_SPACES = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;

export const UNICODE_FORMS: Readonly<Record<string, Normalizer>> = {
  NFC: (text) => text.normalize("NFC"),
  NFD: (text) => text.normalize("NFD"),
  NFKC: (text) => text.normalize("NFKC"),
  NFKD: (text) => text.normalize("NFKD"),
};
