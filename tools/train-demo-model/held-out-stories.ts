import { expand, pick, type Random, seeded } from "./corpus/expand.ts";
import { STORY_OF_TWO } from "./corpus/prompts.ts";
import { KNOWN_CHARACTERS, KNOWN_OBJECTS, phrase } from "./corpus/stories.ts";
import { CHARACTERS, heldOut, heldOutPair, OBJECTS } from "./corpus/words.ts";

/** Asks for a story about a character and an object that no training text has, or has not together. */
export interface StoryPrompt {
  readonly text: string;
  readonly kind: "new words" | "new pairs";
  readonly character: string;
  readonly object: string;
}

/** Words that no training document has: of the lists', those the stories' own sentences do not use. */
const USED_BY_SENTENCES = /^(tree|hammer|gate|duck|treasure|shell|daisy)$/;
const unseen = (words: readonly string[]) =>
  words.filter((word) => heldOut(word) && !USED_BY_SENTENCES.test(word));

function pair(random: Random, kind: StoryPrompt["kind"]): [string, string] {
  if (kind === "new words") return [pick(random, unseen(CHARACTERS)), pick(random, unseen(OBJECTS))];
  for (;;) {
    const character = pick(random, KNOWN_CHARACTERS);
    const object = pick(random, KNOWN_OBJECTS);
    if (character !== object && heldOutPair(character, object)) return [character, object];
  }
}

/** The same prompts for the same count, no two about the same. */
export function storyPrompts(kind: StoryPrompt["kind"], count: number): StoryPrompt[] {
  const random = seeded(20);
  const prompts = new Map<string, StoryPrompt>();
  while (prompts.size < count) {
    const [character, object] = pair(random, kind);
    const slots = { a: phrase("", character), b: phrase("", object) };
    const text = expand(random, pick(random, STORY_OF_TWO), slots);
    const about = `${character} ${object}`;
    if (!prompts.has(about)) prompts.set(about, { text, kind, character, object });
  }
  return [...prompts.values()];
}

/** Both names stand in the story, as whole words. */
export function tellsOf(text: string, { character, object }: StoryPrompt): boolean {
  return [character, object].every((word) => new RegExp(`\\b${word}\\b`, "i").test(text));
}
