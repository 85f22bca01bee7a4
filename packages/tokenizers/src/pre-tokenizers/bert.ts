/** ASCII symbols count as punctuation beside Unicode's (google-research/bert tokenization.py, _is_punctuation). */
const WORDS = /[!-\/:-@\[-`\{-~\p{P}]|[^\p{White_Space}!-\/:-@\[-`\{-~\p{P}]+/gv;

/** Words without the white space between them; every punctuation mark is a word. */
export const splitBertWords = (text: string): readonly string[] => text.match(WORDS) ?? [];
