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

describe("other things that people say", () => {
  for (const [asked, said] of [
    ["Hello!", /^(Hello|Hi)!/],
    ["What can you do?", /story/],
    ["Thank you!", /welcome|pleasure|gladly/i],
    ["Goodbye!", /bye/i],
    ["What is realizar?", /inference engine/],
    ["How do I serve a model?", /realizar serve/],
    ["What is GGUF?", /file format/],
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
