import { SPACE_MARK } from "./normalizers/sentencepiece.ts";

/**
 * Cuts normalized SentencePiece text into words without changing what it encodes to: before a space mark, wherever no
 * token reaches across. A token that did would contain the two characters on either side of the cut, so the characters
 * found in front of a mark inside any token are the places left whole.
 *
 * @param texts the vocabulary; the mark itself must be a token, else nothing is cut
 */
export function wordsBySpaceMark(texts: Iterable<string>): (text: string) => readonly string[] {
  const reachesAcross = new Set<number>(); // code units in front of a mark inside a token
  let markIsToken = false;
  for (const text of texts) {
    if (text === SPACE_MARK) markIsToken = true;
    for (let at = text.indexOf(SPACE_MARK, 1); at > 0; at = text.indexOf(SPACE_MARK, at + 1)) {
      reachesAcross.add(text.charCodeAt(at - 1));
    }
  }
  if (!markIsToken) return (text) => (text === "" ? [] : [text]);
  const mark = SPACE_MARK.charCodeAt(0);
  reachesAcross.add(mark); // runs of marks stay together
  return (text) => {
    const words: string[] = [];
    let from = 0;
    for (let at = text.indexOf(SPACE_MARK, 1); at > 0; at = text.indexOf(SPACE_MARK, at + 1)) {
      if (reachesAcross.has(text.charCodeAt(at - 1))) continue;
      words.push(text.slice(from, at));
      from = at;
    }
    if (from < text.length) words.push(text.slice(from));
    return words;
  };
}
