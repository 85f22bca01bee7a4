import { spellBytes } from "../byte-alphabet.ts";
import { TokenizerFileError } from "../errors.ts";
import { bertNormalizer } from "../normalizers/bert.ts";
import { parseCharsmap } from "../normalizers/charsmap.ts";
import { chain, type Normalizer } from "../normalizers/normalizer.ts";
import { precompiled } from "../normalizers/precompiled.ts";
import { lowercase, nmt, stripMarks, UNICODE_FORMS } from "../normalizers/unicode.ts";
import { booleanAt, buildKind, buildMembers, type Kinds, stringAt } from "./json.ts";
import { literalAt } from "./pattern.ts";

const KINDS: Kinds<Normalizer> = {
  Sequence: (node, path, depth) =>
    chain(buildMembers(node.normalizers, `${path}.normalizers`, depth, normalizerAt)),
  BertNormalizer(node, path) {
    const lower = booleanAt(node.lowercase, `${path}.lowercase`, true);
    return bertNormalizer({
      cleanText: booleanAt(node.clean_text, `${path}.clean_text`, true),
      spaceChinese: booleanAt(node.handle_chinese_chars, `${path}.handle_chinese_chars`, true),
      stripAccents: booleanAt(node.strip_accents, `${path}.strip_accents`, lower),
      lowercase: lower,
    });
  },
  NFC: () => UNICODE_FORMS.NFC!,
  NFD: () => UNICODE_FORMS.NFD!,
  NFKC: () => UNICODE_FORMS.NFKC!,
  NFKD: () => UNICODE_FORMS.NFKD!,
  Lowercase: () => lowercase,
  StripAccents: () => stripMarks,
  Nmt: () => nmt,
  ByteLevel: () => spellBytes,
  Strip(node, path) {
    const left = booleanAt(node.strip_left, `${path}.strip_left`, true);
    const right = booleanAt(node.strip_right, `${path}.strip_right`, true);
    return (text) => {
      const from = left ? text.replace(/^\p{White_Space}+/v, "") : text;
      return right ? trimEnd(from) : from;
    };
  },
  Prepend(node, path) {
    const prefix = stringAt(node.prepend, `${path}.prepend`);
    return (text) => (text === "" ? "" : prefix + text);
  },
  Replace(node, path) {
    const pattern = literalAt(node.pattern, `${path}.pattern`);
    const content = stringAt(node.content, `${path}.content`);
    return (text) => text.replaceAll(pattern, () => content);
  },
  Precompiled: (node, path) =>
    precompiled(
      parseCharsmap(base64(stringAt(node.precompiled_charsmap, `${path}.precompiled_charsmap`), path)),
    ),
};

/** From the end, so that runs of spaces in the middle cost nothing. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && /\p{White_Space}/v.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}

function base64(text: string, path: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new TokenizerFileError(`${path}.precompiled_charsmap`, "is not base64");
  }
}

/** @throws UnknownKindError, TokenizerFileError, PatternError, CharsmapError */
export function normalizerAt(value: unknown, path = "normalizer", depth = 0): Normalizer {
  return buildKind("normalizer", KINDS, value, path, depth);
}
