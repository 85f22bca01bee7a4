import { BEYOND, BEYOND_ANSWERS, INTENT_GROUPS, SUM_ANSWERS, SUMS, SYSTEM_PROMPTS } from "./chat.ts";
import { expand, pick, type Random } from "./expand.ts";
import { ANOTHER_STORY, STORY_OF_ANYTHING, storyPrompt, varied } from "./prompts.ts";
import { KNOWN_CHARACTERS, KNOWN_OBJECTS, type Subject, story } from "./stories.ts";
import {
  ADJECTIVES_OF_CHARACTERS,
  ADJECTIVES_OF_OBJECTS,
  fraction,
  HE_NAMES,
  heldOut,
  heldOutPair,
  inventedWord,
  SHE_NAMES,
} from "./words.ts";

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** A conversation, or a story alone. */
export type Document = { readonly messages: readonly Message[] } | { readonly text: string };

/** The greatest number that is added. */
export const GREATEST_ADDEND = 10;

/** A sum that no training text has. */
export const heldOutSum = (a: number, b: number): boolean => fraction(`sum ${a} ${b}`) < 0.08;

const NAMES = [...HE_NAMES, ...SHE_NAMES].filter((name) => !heldOut(name));

function wordOr(random: Random, share: number, known: readonly string[]): string {
  for (;;) {
    const word = random() < share ? inventedWord(random) : pick(random, known);
    if (!heldOut(word)) return word;
  }
}

/** What a training story may be about: known words, and invented ones, as many, so that a name is copied letter by letter. */
export function subject(random: Random): Subject {
  for (;;) {
    const character = wordOr(random, 0.65, KNOWN_CHARACTERS);
    const object = wordOr(random, 0.65, random() < 0.06 ? KNOWN_CHARACTERS : KNOWN_OBJECTS);
    if (character === object || heldOutPair(character, object)) continue;
    const invented = inventedWord(random);
    const name =
      random() < 0.8
        ? ""
        : random() < 0.5
          ? pick(random, NAMES)
          : invented[0]!.toUpperCase() + invented.slice(1);
    if (heldOut(invented)) continue;
    return {
      character,
      characterAdjective: random() < 0.25 ? pick(random, ADJECTIVES_OF_CHARACTERS) : "",
      object,
      objectAdjective: random() < 0.25 ? pick(random, ADJECTIVES_OF_OBJECTS) : "",
      name,
    };
  }
}

const user = (content: string): Message => ({ role: "user", content });
const assistant = (content: string): Message => ({ role: "assistant", content });

/** What was asked stands in the story; the rest the story makes up from known words. */
function storyTurn(random: Random): { messages: Message[]; about: Subject } {
  const about = subject(random);
  const share = random();
  if (share < 0.72)
    return { messages: [user(storyPrompt(random, about, "both")), assistant(story(random, about))], about };
  const made = { ...subjectOfKnown(random), name: "" };
  if (share < 0.82) {
    const told = { ...about, object: made.object, objectAdjective: made.objectAdjective };
    return {
      messages: [user(storyPrompt(random, told, "character")), assistant(story(random, told))],
      about: told,
    };
  }
  if (share < 0.9) {
    const told = { ...made, object: about.object, objectAdjective: about.objectAdjective };
    return {
      messages: [user(storyPrompt(random, told, "object")), assistant(story(random, told))],
      about: told,
    };
  }
  const prompt = varied(random, expand(random, pick(random, STORY_OF_ANYTHING)));
  return { messages: [user(prompt), assistant(story(random, made))], about: made };
}

function subjectOfKnown(random: Random): Subject {
  for (;;) {
    const character = pick(random, KNOWN_CHARACTERS);
    const object = pick(random, KNOWN_OBJECTS);
    if (character === object || heldOutPair(character, object)) continue;
    return {
      character,
      characterAdjective: random() < 0.25 ? pick(random, ADJECTIVES_OF_CHARACTERS) : "",
      object,
      objectAdjective: random() < 0.25 ? pick(random, ADJECTIVES_OF_OBJECTS) : "",
      name: "",
    };
  }
}

function sumTurn(random: Random): Message[] {
  for (;;) {
    const a = Math.floor(random() * (GREATEST_ADDEND + 1));
    const b = Math.floor(random() * (GREATEST_ADDEND + 1));
    if (heldOutSum(a, b)) continue;
    const slots = { a: String(a), b: String(b), c: String(a + b) };
    return [
      user(varied(random, expand(random, pick(random, SUMS), slots))),
      assistant(expand(random, pick(random, SUM_ANSWERS), slots)),
    ];
  }
}

function beyondTurn(random: Random): Message[] {
  const word = () => wordOr(random, 0.5, random() < 0.5 ? KNOWN_CHARACTERS : KNOWN_OBJECTS);
  const asked = expand(random, pick(random, BEYOND), { x: word(), y: word() });
  return [user(varied(random, asked)), assistant(expand(random, pick(random, BEYOND_ANSWERS)))];
}

function intentTurn(random: Random): Message[] {
  const total = INTENT_GROUPS.reduce((sum, { weight }) => sum + weight, 0);
  const at = random() * total;
  let end = 0;
  const group = INTENT_GROUPS.find(({ weight }) => {
    end += weight;
    return at < end;
  })!;
  const { asked, answers } = pick(random, group.intents);
  return [
    user(varied(random, expand(random, pick(random, asked)))),
    assistant(expand(random, pick(random, answers))),
  ];
}

/** One to eight turns. */
function conversation(random: Random): Document {
  const messages: Message[] = [];
  if (random() < 0.12) {
    const content = expand(random, pick(random, SYSTEM_PROMPTS), {
      n: pick(random, NAMES),
      x: pick(random, KNOWN_CHARACTERS),
    });
    messages.push({ role: "system", content });
  }
  let last: Subject | undefined;
  for (let turn = 0; turn < 8; turn++) {
    const share = random();
    if (last !== undefined && random() < 0.25) {
      messages.push(
        user(varied(random, expand(random, pick(random, ANOTHER_STORY)))),
        assistant(story(random, last)),
      );
    } else if (share < 0.57) {
      const { messages: told, about } = storyTurn(random);
      messages.push(...told);
      last = about;
    } else {
      messages.push(
        ...(share < 0.67 ? sumTurn(random) : share < 0.75 ? beyondTurn(random) : intentTurn(random)),
      );
      last = undefined;
    }
    if (random() < 0.55) break;
  }
  return { messages };
}

/** A document of the corpus. Those of one seed are the same wherever they are made. */
export function document(random: Random): Document {
  return random() < 0.08 ? { text: story(random, subject(random)) } : conversation(random);
}
