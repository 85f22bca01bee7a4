import { VocabularyError } from "./errors.ts";

/** Ids are kept in dense arrays; the largest vocabulary in use has about 2^18 tokens. */
export const MAX_VOCABULARY = 2 ** 22;

/** Longer tokens are refused: tries hold every letter, and the longest in use have some hundreds. */
export const MAX_TOKEN_LENGTH = 2 ** 14;

/** Two ways to look a token up. Ids without a token have the text "". */
export interface Vocabulary {
  readonly size: number;
  readonly texts: readonly string[];
  readonly ids: ReadonlyMap<string, number>;
}

/** From tokens in id order. Where a text occurs twice the first id is found by text, unless `unique` is asked for. */
export function vocabularyFromList(texts: readonly string[], options: { unique?: boolean } = {}): Vocabulary {
  if (texts.length === 0) throw new VocabularyError("tokens", "are empty");
  if (texts.length > MAX_VOCABULARY) throw new VocabularyError("tokens", `are more than ${MAX_VOCABULARY}`);
  const ids = new Map<string, number>();
  for (const [id, text] of texts.entries()) {
    checkLength(text, id);
    const earlier = ids.get(text);
    if (earlier === undefined) ids.set(text, id);
    else if (options.unique)
      throw new VocabularyError("tokens", `have ${JSON.stringify(text)} as id ${earlier} and ${id}`);
  }
  return { size: texts.length, texts, ids };
}

/** From (text, id) pairs in any order, with gaps allowed. */
export function vocabularyFromEntries(entries: Iterable<readonly [string, number]>): Vocabulary {
  const ids = new Map<string, number>();
  let size = 0;
  for (const [text, id] of entries) {
    if (!Number.isInteger(id) || id < 0 || id >= MAX_VOCABULARY) {
      throw new VocabularyError(
        `the id of ${JSON.stringify(text)}`,
        `is ${id}, not in [0, ${MAX_VOCABULARY})`,
      );
    }
    checkLength(text, id);
    ids.set(text, id);
    size = Math.max(size, id + 1);
  }
  if (size === 0) throw new VocabularyError("tokens", "are empty");
  const texts = new Array<string>(size).fill("");
  for (const [text, id] of ids) texts[id] = text;
  return { size, texts, ids };
}

function checkLength(text: string, id: number): void {
  if (text.length <= MAX_TOKEN_LENGTH) return;
  throw new VocabularyError(
    `the token ${id}`,
    `has ${text.length} characters, more than ${MAX_TOKEN_LENGTH}`,
  );
}

/** The tokens that plain text may become: all but the control tokens. */
export function textIds(vocabulary: Vocabulary, control: ReadonlySet<number>): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const [text, id] of vocabulary.ids) if (!control.has(id)) ids.set(text, id);
  return ids;
}
