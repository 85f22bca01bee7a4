/**
 * Measures a model file as the README's tables tell:
 *
 *     bun tools/train-demo-model/evaluate.ts MODEL [--stories 200] [--documents 100] [--temperature 0] [--failures]
 *
 * Stories of pairs of known words that no training text brings together, and of words that none has; sums, those held
 * out apart; prompts in words of their own; perplexity of held-out documents, of what the model is to say in them.
 */
import { parseArgs } from "node:util";
import { compileChatTemplate } from "@realizar/chat";
import { type Llm, load } from "@realizar/llm";
import { document, GREATEST_ADDEND, heldOutSum } from "./corpus/corpus.ts";
import { seeded } from "./corpus/expand.ts";
import { END, ROLE_TOKENS } from "./format.ts";
import { type StoryPrompt, storyPrompts, tellsOf } from "./held-out-stories.ts";
import { answersRight, OWN_WORDS } from "./own-words.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stories: { type: "string", default: "200" },
    documents: { type: "string", default: "100" },
    temperature: { type: "string", default: "0" },
    failures: { type: "boolean", default: false },
  },
});
const [file] = positionals;
if (file === undefined) {
  console.error("usage: bun tools/train-demo-model/evaluate.ts MODEL [--stories 200] [--documents 100]");
  process.exit(2);
}
const temperature = Number(values.temperature);

await using llm = await load(file, { threads: 1, parallel: 8 });
const template = compileChatTemplate(llm.chatTemplate ?? "");

/** The answer to one message, and whether it ended by itself. */
async function answer(model: Llm, content: string, seed: number): Promise<{ text: string; ended: boolean }> {
  const prompt = template.render({ messages: [{ role: "user", content }], addGenerationPrompt: true });
  let text = "";
  let ended = false;
  const stream = model.generate(model.tokenizer.encode(prompt, { parseSpecial: true }), {
    maxTokens: 400,
    temperature,
    seed,
    onDone: ({ finishReason }) => {
      ended = finishReason === "stop";
    },
  });
  for await (const piece of stream) text += piece.text;
  return { text, ended };
}

const percent = (part: number, whole: number) =>
  `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`;

async function stories(kind: StoryPrompt["kind"]): Promise<void> {
  const results = await Promise.all(
    storyPrompts(kind, Number(values.stories)).map(async (prompt, i) => {
      const { text, ended } = await answer(llm, prompt.text, i);
      return { prompt, text, ended, good: ended && tellsOf(text, prompt) };
    }),
  );
  const ended = results.filter((result) => result.ended).length;
  const good = results.filter((result) => result.good).length;
  console.log(`stories of ${kind}: ${percent(good, results.length)}; ${percent(ended, results.length)} end`);
  if (values.failures)
    for (const { prompt, text } of results.filter((result) => !result.good))
      console.log(`  ${prompt.text}\n    -> ${text}`);
}

async function sums(): Promise<void> {
  const pairs = Array.from({ length: (GREATEST_ADDEND + 1) ** 2 }, (_, i) => [
    Math.floor(i / (GREATEST_ADDEND + 1)),
    i % (GREATEST_ADDEND + 1),
  ]) as [number, number][];
  const results = await Promise.all(
    pairs.map(async ([a, b]) => {
      const { text } = await answer(llm, `What is ${a} plus ${b}?`, 1);
      return { held: heldOutSum(a, b), right: text.match(/\d+/g)?.at(-1) === String(a + b), text };
    }),
  );
  for (const held of [false, true]) {
    const some = results.filter((result) => result.held === held);
    const right = some.filter((result) => result.right).length;
    console.log(`sums ${held ? "held out" : "of the training"}: ${percent(right, some.length)}`);
  }
  if (values.failures)
    console.log(
      results
        .filter(({ right }) => !right)
        .map(({ text }) => text)
        .join(" "),
    );
}

async function ownWords(): Promise<void> {
  const results = await Promise.all(
    OWN_WORDS.map(async (asked, i) => ({ asked, ...(await answer(llm, asked.prompt, i)) })),
  );
  const right = results.filter(({ asked, text }) => answersRight(text, asked));
  console.log(`prompts in other words: ${percent(right.length, results.length)}`);
  if (values.failures)
    for (const { asked, text } of results)
      if (!answersRight(text, asked)) console.log(`  ${asked.prompt}\n    -> ${text}`);
}

/** Of the tokens that the model is to say: exp of their mean surprise. Documents as make-corpus.ts holds out. */
async function perplexity(): Promise<void> {
  const random = seeded(1_000_004);
  const special = (text: string) => llm.tokenizer.encode(text, { parseSpecial: true });
  let surprise = 0;
  let count = 0;
  for (let i = 0; i < Number(values.documents); i++) {
    const made = document(random);
    const ids: number[] = [];
    const wanted: boolean[] = [];
    const put = (given: readonly number[], own: boolean) => {
      ids.push(...given);
      wanted.push(...given.map(() => own));
    };
    if ("text" in made) put([...llm.tokenizer.encode(made.text), ...special(END)], true);
    else
      for (const { role, content } of made.messages) {
        put(special(ROLE_TOKENS[role]), false);
        put([...llm.tokenizer.encode(content), ...special(END)], role === "assistant");
      }
    const rows = await llm.evaluate(ids.slice(0, llm.contextSize), {
      topLogprobs: llm.description.vocabSize,
    });
    for (let at = 1; at < Math.min(ids.length, llm.contextSize); at++) {
      if (!wanted[at]) continue;
      surprise -= rows[at - 1]!.find(([id]) => id === ids[at])![1];
      count++;
    }
  }
  console.log(`perplexity of held-out documents: ${Math.exp(surprise / count).toFixed(3)} (${count} tokens)`);
}

await stories("new pairs");
await stories("new words");
await sums();
await ownWords();
await perplexity();
