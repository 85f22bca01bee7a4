import { VocabularyError } from "../errors.ts";
import { pairTable } from "../pair-table.ts";
import { MAX_VOCABULARY, type Vocabulary } from "../vocabulary.ts";
import type { Merges } from "./bpe.ts";

/** One merge: the two halves. */
export type MergePair = readonly [string, string];

/**
 * "left right" to its halves, at the first space that is not the first character.
 * @throws VocabularyError
 */
export function splitMerge(line: string, index: number): MergePair {
  const space = line.indexOf(" ", 1);
  if (space < 0 || space === line.length - 1) {
    throw new VocabularyError(
      `merges[${index}]`,
      `is ${JSON.stringify(line)}, not two tokens with a space between`,
    );
  }
  return [line.slice(0, space), line.slice(space + 1)];
}

/**
 * Resolves merges to ids; of a pair that occurs twice the first counts.
 *
 * @param control tokens that text never becomes: merges into them are passed over
 * @param continuingPrefix left out of the right half where both are joined
 * @throws VocabularyError where a half or the whole is no token
 */
export function resolveMerges(
  vocabulary: Vocabulary,
  merges: readonly MergePair[],
  control: ReadonlySet<number>,
  continuingPrefix = "",
): Merges {
  // Ranks share a double with positions, which bounds them like ids.
  if (merges.length > MAX_VOCABULARY) throw new VocabularyError("merges", `are more than ${MAX_VOCABULARY}`);
  const pairs = pairTable(merges.length);
  const results = new Int32Array(merges.length);
  const idOf = (text: string, index: number): number => {
    const id = vocabulary.ids.get(text);
    if (id === undefined) {
      throw new VocabularyError(`merges[${index}]`, `names ${JSON.stringify(text)}, which is no token`);
    }
    return id;
  };
  for (const [index, [left, right]] of merges.entries()) {
    const tail =
      continuingPrefix !== "" && right.startsWith(continuingPrefix)
        ? right.slice(continuingPrefix.length)
        : right;
    results[index] = idOf(left + tail, index);
    const halves = [idOf(left, index), idOf(right, index)] as const;
    if (!control.has(results[index])) pairs.setIfAbsent(...halves, index);
  }
  return { pairs, results };
}
