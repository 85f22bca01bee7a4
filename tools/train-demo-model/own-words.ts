/** Prompts that nobody took from the corpus, and what an answer to them has. */
export interface Asked {
  readonly prompt: string;
  readonly has: RegExp;
}

export const answersRight = (text: string, { has }: Asked): boolean => has.test(text);

const list = (has: RegExp, ...prompts: string[]): Asked[] => prompts.map((prompt) => ({ prompt, has }));

export const OWN_WORDS: readonly Asked[] = [
  ...list(/Hello|Hi!/, "hello :)", "Hi there, little one", "hey hey", "good morning to you"),
  ...list(/fine|well/, "how are you feeling?", "how's it going"),
  ...list(
    /demo model|small language model/,
    "who are you really?",
    "so what are you exactly?",
    "tell me who you are",
  ),
  ...list(
    /story|stories/,
    "what things can you do?",
    "what can you do for me",
    "is there something you can do?",
  ),
  ...list(/You are welcome|My pleasure|Gladly/, "thank you so much", "thanks, that was great", "ok thanks"),
  ...list(/Goodbye|Bye/, "bye now", "goodbye then", "see you tomorrow"),
  ...list(
    /inference engine/,
    "what exactly is realizar?",
    "explain what realizar does",
    "tell me more about realizar",
  ),
  ...list(
    /realizar run/,
    "how would I run a model?",
    "how do I run a GGUF model?",
    "what does realizar run do",
  ),
  ...list(/realizar serve/, "how do I serve my model?", "how can I start the realizar server?"),
  ...list(/realizar pull/, "how do I download a new model?", "how can I pull a model"),
  ...list(/realizar quantize/, "how do I quantize my model?", "how can I make my model smaller?"),
  ...list(/realizar info/, "how do I inspect a GGUF file", "what does realizar info do"),
  ...list(/file format/, "what's gguf?", "what is GGUF exactly", "what does GGUF mean?"),
  ...list(/MIT/, "is realizar open source?", "which license is it under"),
  ...list(/TypeScript/, "what language is realizar written in?"),
  ...list(/piece of a text|next piece/, "what is a large language model?"),
  ...list(/^(Red|Blue|Green|Yellow|Purple|Orange|I |Pur)/, "name any color", "give me a nice color"),
  ...list(/fox|rabbit|bear|owl|mouse|horse|duck/i, "name one animal", "tell me an animal"),
  ...list(
    /too small|beyond me|too hard/,
    "who won the world cup?",
    "write me an essay on Rome",
    "what is the capital of Peru?",
  ),
  ...list(/\b7\b/, "3 plus 4 is what?", "what's 5+2", "can you add 6 and 1"),
  ...list(/\b12\b/, "how much is 7 + 5", "what does 6 plus 6 make?"),
  ...list(
    /\bfrog\b[\s\S]*\bdrum\b|\bdrum\b[\s\S]*\bfrog\b/i,
    "could I get a story with a frog plus a drum?",
    "frog and drum story please",
  ),
  ...list(
    /\bqueen\b[\s\S]*\blamp\b|\blamp\b[\s\S]*\bqueen\b/i,
    "I'd love a tale about a queen and a lamp",
    "tell a story where a queen finds a lamp",
  ),
];
