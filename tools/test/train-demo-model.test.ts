import { describe, expect, test } from "bun:test";
import { tokenizerFromTokenizerJson } from "@realizar/tokenizers";
import { cli } from "../../apps/cli/test/cli.ts";
import { INTENT_GROUPS } from "../train-demo-model/corpus/chat.ts";
import { document, subject } from "../train-demo-model/corpus/corpus.ts";
import { expand, seeded } from "../train-demo-model/corpus/expand.ts";
import { story } from "../train-demo-model/corpus/stories.ts";
import { storyPrompts, tellsOf } from "../train-demo-model/held-out-stories.ts";
import { countWords, tokenizerJson, trainMerges } from "../train-demo-model/tokenizer.ts";

const random = () => seeded(7);
const textsOf = (count: number): string[] => {
  const draw = random();
  return Array.from({ length: count }, () => document(draw)).flatMap((made) =>
    "text" in made ? [made.text] : made.messages.map(({ content }) => content),
  );
};

describe("the corpus", () => {
  const texts = textsOf(400);

  test("is the same for the same seed", () => {
    expect(textsOf(20)).toEqual(texts.slice(0, textsOf(20).length));
  });

  test("has a story's character and thing in it", () => {
    const draw = random();
    for (let i = 0; i < 200; i++) {
      const about = subject(draw);
      expect(tellsOf(story(draw, about), { text: "", kind: "new pairs", ...about })).toBe(true);
    }
  });

  test("has none of the words that stories are evaluated with", () => {
    const held = new Set(
      storyPrompts("new words", 200).flatMap(({ character, object }) => [character, object]),
    );
    expect(held.size).toBeGreaterThan(20);
    const all = texts.join("\n").toLowerCase();
    expect([...held].filter((word) => new RegExp(`\\b${word}\\b`).test(all))).toEqual([]);
  });

  test("teaches commands that there are", async () => {
    const listed = (await cli(["--help"])).out.split("Commands:\n")[1]!.split("\n\n")[0]!;
    const commands = [...listed.matchAll(/^ {2}([a-z]+)(?:\|\w+)?(?: .*)?$/gm)].map(([, name]) => name!);
    const answers = INTENT_GROUPS.flatMap(({ intents }) => intents.flatMap((intent) => intent.answers));
    const taught = answers.flatMap((text) =>
      [...text.matchAll(/(?:Type:|npx|and|machine:) realizar ([a-z]+)/g)].map(([, name]) => name!),
    );
    expect(taught.length).toBeGreaterThan(10);
    expect(taught.filter((name) => !commands.includes(name))).toEqual([]);
    const list = answers.find((text) => text.startsWith("The commands are "))!;
    expect(
      list
        .match(/[a-z]+/g)!
        .filter((word) => commands.includes(word))
        .sort(),
    ).toEqual(commands.filter((name) => name !== "help").sort());
  });
});

describe("prompts that stories are evaluated with", () => {
  test("are about pairs of which no two are alike, in prompts that name both", () => {
    for (const kind of ["new pairs", "new words"] as const) {
      const prompts = storyPrompts(kind, 200);
      expect(new Set(prompts.map(({ character, object }) => `${character} ${object}`)).size).toBe(200);
      expect(prompts.filter((prompt) => !tellsOf(prompt.text, prompt))).toEqual([]);
      expect(storyPrompts(kind, 20)).toEqual(prompts.slice(0, 20));
    }
  });
});

describe("patterns", () => {
  test("choose alternatives that may nest, fill slots and begin sentences with capitals", () => {
    const made = new Set(
      Array.from({ length: 100 }, (_, i) => expand(seeded(i), "{a|the {big|}} $x. and?", { x: "fox" })),
    );
    expect([...made].sort()).toEqual(["A fox. And?", "The big fox. And?", "The fox. And?"]);
  });

  test("refuse slots that are not there, and braces that are left open", () => {
    expect(() => expand(random(), "$x", {})).toThrow("no slot $x");
    expect(() => expand(random(), "{a|b", {})).toThrow("not closed");
  });
});

describe("the vocabulary", () => {
  test("merges the most frequent neighbours first", () => {
    expect(trainMerges(countWords(["low low lower newest newest"]), 3)).toEqual([
      ["l", "o"],
      ["lo", "w"],
      ["e", "s"],
    ]);
  });

  test("gives back every text from fewer tokens than bytes", () => {
    const texts = textsOf(60);
    const merges = trainMerges(countWords(texts), 200);
    const json = tokenizerJson(["<|end|>"], merges);
    const tokenizer = tokenizerFromTokenizerJson(json as Parameters<typeof tokenizerFromTokenizerJson>[0]);
    for (const text of [...texts, "Ünïcödé 🦊\n\ttabs"])
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    const all = texts.join("\n");
    expect(tokenizer.encode(all).length).toBeLessThan(all.length / 2);
  });
});
