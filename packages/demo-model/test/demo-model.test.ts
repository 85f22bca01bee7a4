import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { compileChatTemplate } from "@realizar/chat";
import { getString, openGguf } from "@realizar/gguf";
import { type Llm, load } from "@realizar/llm";
import { demoModel } from "../src/index.ts";

/** The most that the package may add to a download. */
const MOST_BYTES = 4_000_000;

let bytes: Uint8Array<ArrayBuffer>;
let llm: Llm;

beforeAll(async () => {
  bytes = await demoModel();
  llm = await load(bytes, { threads: 1 });
});
afterAll(() => llm.close());

const rendered = (...contents: string[]): string =>
  compileChatTemplate(llm.chatTemplate!).render({
    messages: contents.map((content, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content })),
    addGenerationPrompt: true,
  });

/** The likeliest answer to the last of a conversation's messages, and why it ended. */
async function answer(...contents: string[]): Promise<{ text: string; finish: string }> {
  let text = "";
  let finish = "";
  const ids = llm.tokenizer.encode(rendered(...contents), { parseSpecial: true });
  const onDone = ({ finishReason }: { finishReason: string }) => {
    finish = finishReason;
  };
  for await (const piece of llm.generate(ids, { temperature: 0, maxTokens: 300, onDone })) text += piece.text;
  return { text, finish };
}

describe("the file", () => {
  test("is a GGUF of a LLaMA, small enough to come with the program", async () => {
    expect(bytes.length).toBeLessThanOrEqual(MOST_BYTES);
    const file = await openGguf(bytes);
    expect(getString(file.metadata, "general.architecture")).toBe("llama");
    const parameters = file.tensors.reduce((sum, { shape }) => sum + shape.reduce((n, m) => n * m, 1), 0);
    expect(parameters).toBeGreaterThanOrEqual(1_000_000);
    expect(parameters).toBeLessThanOrEqual(3_500_000);
  });

  test("is given anew each time", async () => {
    (await demoModel()).fill(0);
    expect(await demoModel()).toEqual(bytes);
  });
});

describe("the chat template", () => {
  test("marks each message with its role and its end", () => {
    expect(rendered("Hello", "Hi!", "Bye")).toBe(
      "<|user|>Hello<|end|><|assistant|>Hi!<|end|><|user|>Bye<|end|><|assistant|>",
    );
  });

  test("takes a system message, and roles that it does not know as the user's", () => {
    const messages = [
      { role: "system", content: "Be kind." },
      { role: "tool", content: "4" },
    ];
    expect(compileChatTemplate(llm.chatTemplate!).render({ messages })).toBe(
      "<|system|>Be kind.<|end|><|user|>4<|end|>",
    );
  });

  test("is made of single tokens", () => {
    const special = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"];
    expect(special.map((text) => llm.tokenizer.encode(text, { parseSpecial: true }))).toEqual([
      [0],
      [1],
      [2],
      [3],
    ]);
    expect(llm.tokenizer.endOfGeneration.has(0)).toBe(true);
  });
});

describe("stories are about what was asked for, and end", () => {
  for (const [character, object] of [
    ["fox", "kite"],
    ["bear", "drum"],
    ["queen", "lantern"],
    ["rabbit", "boat"],
    ["robot", "balloon"],
    ["mouse", "bell"],
    ["dragon", "hat"],
    ["wolf", "key"],
  ] as const)
    test(`${character}, ${object}`, async () => {
      const { text, finish } = await answer(`Tell me a story about a ${character} and a ${object}.`);
      expect(text).toMatch(new RegExp(`\\b${character}\\b`));
      expect(text).toMatch(new RegExp(`\\b${object}\\b`));
      expect(finish).toBe("stop");
    });
});

/** Pairs that no text of the training brings together. */
const HELD_OUT: readonly (readonly [asked: string, character: string, object: string])[] = [
  ["I want to hear a story with a puffin and a moonstone.", "puffin", "moonstone"],
  ["Could you tell me a short story about a unicorn and a turnip", "unicorn", "turnip"],
  ["Story: a wolf and a mirror.", "wolf", "mirror"],
  ["A story about a crow who has a banner", "crow", "banner"],
  ["Tell me about an elf who finds a lemon.", "elf", "lemon"],
  ["A short story about a platypus and a lunchbox, please.", "platypus", "lunchbox"],
  ["I'd like a short story about a king and a bus", "king", "bus"],
  ["Tell me about a kitten with a dart", "kitten", "dart"],
  ["Story: an anteater and a stamp", "anteater", "stamp"],
  ["Could you tell me a story about a pig and a dice.", "pig", "dice"],
  ["Do you know a story about a cook and a cheese?", "cook", "cheese"],
  ["A story about a robot and a tulip, please.", "robot", "tulip"],
  ["Write a nice story about an astronaut and a crystal.", "astronaut", "crystal"],
  ["I want a new story about a beetle and a spinning wheel", "beetle", "spinning wheel"],
  ["Have you got a story about an elephant and a doll?", "elephant", "doll"],
  ["Please tell me a story about a firefly and a snow globe.", "firefly", "snow globe"],
  ["I would like a short story about a buffalo and a map, please.", "buffalo", "map"],
  ["Story: an alpaca and a bicycle.", "alpaca", "bicycle"],
  ["Will you tell me a little story about a raven and a mushroom, please.", "raven", "mushroom"],
  ["A story about an anteater and a bell, please.", "anteater", "bell"],
];

test("nine in ten stories of new pairs name both and end", async () => {
  const answers = await Promise.all(
    HELD_OUT.map(async ([asked, ...words]) => {
      const { text, finish } = await answer(asked);
      return finish === "stop" && words.every((word) => new RegExp(`\\b${word}\\b`).test(text));
    }),
  );
  expect(answers.filter(Boolean).length).toBeGreaterThanOrEqual(0.9 * HELD_OUT.length);
});

describe("other things that people say", () => {
  for (const [asked, said] of [
    ["Hello!", /^(Hello|Hi)!/],
    ["Who are you?", /small language model/],
    ["What can you do?", /story/],
    ["Thank you!", /welcome|pleasure|gladly/i],
    ["Goodbye!", /bye/i],
    ["What is realizar?", /inference engine/],
    ["How do I serve a model?", /realizar serve/],
    ["What is GGUF?", /file format/],
    ["What is 2 plus 3?", /\b5\b/],
  ] as const)
    test(asked, async () => {
      const { text, finish } = await answer(asked);
      expect(text).toMatch(said);
      expect(finish).toBe("stop");
    });

  test("a story after another question", async () => {
    const { text } = await answer(
      "Hello!",
      "Hello! How can I help you?",
      "Tell me a story about a cat and a ring.",
    );
    expect(text).toMatch(/\bcat\b[\s\S]*\bring\b/);
  });
});
