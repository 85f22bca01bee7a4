import { chain, type Normalizer } from "./normalizer.ts";
import { lowercase } from "./unicode.ts";

export interface BertOptions {
  readonly cleanText: boolean;
  readonly spaceChinese: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

const CONTROLS = /[[\0\ufffd\p{Cc}\p{Cf}\p{Cn}\p{Co}]--[\t\n\r]]+/gv;
const SPACES = /\p{White_Space}/gv;
/** CJK ideographs, without kana and hangul. The odd U+2B920 is that of tokenizers' normalizers/bert.rs. */
const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

/** BERT's clean-up of text (google-research/bert tokenization.py, BasicTokenizer). */
export function bertNormalizer(options: BertOptions): Normalizer {
  const steps: Normalizer[] = [];
  if (options.cleanText) steps.push((text) => text.replace(CONTROLS, "").replace(SPACES, " "));
  if (options.spaceChinese) steps.push((text) => text.replace(CHINESE, " $& "));
  if (options.stripAccents) steps.push((text) => text.normalize("NFD").replace(/\p{Mn}+/gv, ""));
  if (options.lowercase) steps.push(lowercase);
  return chain(steps);
}
