import { expand, pick, type Random } from "./expand.ts";
import { phrase, type Subject } from "./stories.ts";

/** Ways to ask for a story about two things; `$a` and `$b` have their articles. */
export const STORY_OF_TWO = [
  "{Please tell|Tell|Can you tell|Could you tell|Will you tell} me a {|short |little |nice |funny |bedtime }story about $a and $b{.|?|!|, please.|}",
  "{Write|Please write|Can you write|Make up} {|me }a {|short |little |nice }story {about|with} $a and $b{.|?|}",
  "{I want|I would like|I'd like|I want to hear|Give me} a {|short |new |good }story {about|with} $a and $b{.|, please.|}",
  "{Do you know|Have you got|Do you have} a story about $a and $b?",
  "{A|a} {|short }story about $a and $b{.|, please.|, please|}",
  "{story|Story}: $a and $b{.|}",
  "{Tell|tell} {|me }about $a {and|with|who has|who finds} $b{.|}",
  "{Tell me a story about|A story about|Write a story about} $a {who has|who finds|who loves|who wants|with} $b{.|}",
];

/** Ways to ask for a story about one thing. */
export const STORY_OF_ONE = [
  "{Please tell|Tell|Can you tell|Could you tell} me a {|short |little |nice |funny |bedtime }story about $a{.|?|!|, please.|}",
  "{Write|Please write|Make up} {|me }a {|short |little }story about $a{.|}",
  "{I want|I would like|I'd like|Give me} a {|short |good }story about $a{.|, please.|}",
  "{Do you know|Have you got} a story about $a?",
  "{A|a} story about $a{.|, please|}",
  "{story|Story} about $a{.|}",
];

/** Ways to ask for any story. */
export const STORY_OF_ANYTHING = [
  "{Please tell|Tell|Can you tell|Could you tell} me a {|short |nice |funny |bedtime |good }story{.|?|, please.|}",
  "{Write|Make up} a {|short }story{.|}",
  "{I want|I would like|I'd like} {a|to hear a} story{.|, please.|}",
  "{Do you know any stories|Do you know a story|Can you tell stories}?",
  "{Story|story|A story} please{.|!|}",
  "{Tell me something|Surprise me|I am bored}{.|!|}",
  "once upon a time",
];

/** After a story. */
export const ANOTHER_STORY = [
  "{Another one|Another one, please|One more|One more, please|Again|Tell me another one|Another story}{.|!|}",
  "{That was nice|I liked that|Great|Good story|Wow}{.|!} {Another one|One more|Tell me another one}{, please|}{.|!|}",
];

/** Asks for a story with what the subject has. */
export function storyPrompt(
  random: Random,
  subject: Subject,
  about: "both" | "character" | "object",
): string {
  const named = subject.name === "" ? "" : ` ${pick(random, ["named", "called"])} ${subject.name}`;
  const character = phrase(subject.characterAdjective, subject.character) + named;
  const object = phrase(subject.objectAdjective, subject.object);
  if (about === "both") {
    const pattern = pick(random, STORY_OF_TWO);
    const swapped = named === "" && !pattern.includes("who ") && random() < 0.15;
    const [a, b] = swapped ? [object, character] : [character, object];
    return varied(random, expand(random, pattern, { a, b }));
  }
  const plural = named === "" && random() < 0.1;
  const one = about === "character" ? character : object;
  const a = plural ? `${one.replace(/^an? /, "")}s` : one;
  return varied(random, expand(random, pick(random, STORY_OF_ONE), { a }));
}

/** As people type: here and there without capitals, without an end mark, or without articles. */
export function varied(random: Random, text: string): string {
  let out = text;
  if (random() < 0.15) out = out.toLowerCase();
  if (random() < 0.1) out = out.replace(/[.?!]$/, "");
  if (random() < 0.04) out = out.replace(/ an? (?!story|short|little story)/g, " ");
  return out;
}
