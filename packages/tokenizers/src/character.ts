import { addedTokenSplitters } from "./added-tokens.ts";
import { chainSteps } from "./decoders/step.ts";
import { endOfGenerationIds } from "./end-of-generation.ts";
import { tokenizerOf } from "./pipeline.ts";
import type { SpecialIds, Tokenizer } from "./tokenizer.ts";
import { vocabularyFromList } from "./vocabulary.ts";

export interface CharacterOptions {
  /** Texts of control tokens, whose ids follow the alphabet's; `unk` stands for characters outside the alphabet. */
  readonly special?: Partial<Readonly<Record<keyof SpecialIds, string>>>;
  readonly addBos?: boolean;
  readonly addEos?: boolean;
}

const encoder = new TextEncoder();

/**
 * One token a Unicode code point. Ids follow the alphabet's order; without an unknown token, characters outside the
 * alphabet are left out.
 *
 * @param alphabet the characters in id order (a text will do: repeats are passed over, and lone surrogates are U+FFFD)
 * @throws VocabularyError where the alphabet is empty or holds a special text
 */
export function characterTokenizer(alphabet: Iterable<string>, options: CharacterOptions = {}): Tokenizer {
  const characters = new Set<string>();
  for (const text of alphabet) for (const character of text.toWellFormed()) characters.add(character);
  const named = Object.entries(options.special ?? {}) as [keyof SpecialIds, string][];
  const vocabulary = vocabularyFromList([...characters, ...new Set(named.map(([, text]) => text))], {
    unique: true,
  });
  const special: SpecialIds = Object.fromEntries(
    named.map(([name, text]) => [name, vocabulary.ids.get(text)!]),
  );
  const control = new Set(Object.values(special));
  const unknown = special.unk === undefined ? [] : [special.unk];
  return tokenizerOf({
    vocabulary,
    special,
    control,
    endOfGeneration: endOfGenerationIds(vocabulary, special),
    segment: addedTokenSplitters(
      Array.from(control, (id) => ({
        id,
        content: vocabulary.texts[id]!,
        special: true,
        leftStrip: false,
        rightStrip: false,
        singleWord: false,
      })),
    ),
    normalize: (text) => text,
    split: (text) => [...text],
    encodeWord(character) {
      const id = vocabulary.ids.get(character);
      return id === undefined || control.has(id) ? unknown : [id];
    },
    before: options.addBos && special.bos !== undefined ? [special.bos] : [],
    after: options.addEos && special.eos !== undefined ? [special.eos] : [],
    tokenBytes: (id) => encoder.encode(vocabulary.texts[id]!),
    decodes: "texts",
    decoder: chainSteps([]),
  });
}
