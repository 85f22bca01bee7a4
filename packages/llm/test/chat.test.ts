import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChatMessage } from "@realizar/chat";
import { writeTinyGguf } from "@realizar/testing/tiny-files";
import { type AnswerPiece, chatFormat, type GenerateOptions, type Llm, load } from "../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "realizar-llm-chat-"));
const GREEDY: GenerateOptions = { temperature: 0, maxTokens: 24 };
const ASK: ChatMessage[] = [{ role: "user", content: "hi" }];

const opened: Llm[] = [];
async function modelWith(name: string, chatTemplate?: string): Promise<Llm> {
  const path = await writeTinyGguf(join(folder, name), chatTemplate === undefined ? {} : { chatTemplate });
  const llm = await load(path, { threads: 1 });
  opened.push(llm);
  return llm;
}
afterAll(async () => {
  for (const llm of opened) await llm.close();
  rmSync(folder, { recursive: true });
});

const said = (pieces: readonly AnswerPiece[], channel: AnswerPiece["channel"]) =>
  pieces
    .filter((piece) => piece.channel === channel)
    .map(({ text }) => text)
    .join("");

describe("chat", () => {
  let llm: Llm;
  beforeAll(async () => {
    llm = await modelWith(
      "bos.gguf",
      "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}",
    );
  });

  test("is generate after the template's prompt", async () => {
    const pieces = await Array.fromAsync(llm.chat(ASK, GREEDY));
    const tokens = await Array.fromAsync(llm.generate("user: hi\nassistant:", GREEDY));
    expect(said(pieces, "content")).toBe(tokens.map(({ text }) => text).join(""));
    expect(said(pieces, "content")).not.toBe("");
    expect(said(pieces, "reasoning")).toBe("");
  });

  test("BOS is there once, whether the template writes it or not", async () => {
    const { tokenizer } = llm;
    const { bos } = tokenizer.special;
    for (const source of [llm.chatTemplate!, llm.chatTemplate!.replace("{{ bos_token }}", "")]) {
      const { ids } = chatFormat(tokenizer, source).prompt(ASK);
      expect(ids.filter((id) => id === bos)).toEqual([bos!]);
      expect(ids[0]).toBe(bos!);
    }
  });

  test("control tokens in the template's text are those tokens", () => {
    const { ids } = chatFormat(llm.tokenizer, "{{ messages[0].content }}</s>").prompt(ASK);
    expect(ids.at(-1)).toBe(llm.tokenizer.special.eos!);
  });

  test("what is thought is told apart from what is said", () => {
    const format = chatFormat(llm.tokenizer, "{{ messages[0].content }}<think></think>");
    const prompt = format.prompt(ASK);
    const parser = format.answerParser({ ...prompt, text: "hi<think>\n" });
    const deltas = [...parser.push("hmm</think>yes"), ...parser.flush()];
    expect(deltas).toEqual([{ reasoning_content: "hmm" }, { content: "yes" }]);
  });

  test("pieces of both channels come in order", async () => {
    const thinker = await modelWith("think.gguf", "{{ messages[0].content }}<think>{# </think> #}\n");
    const pieces = await Array.fromAsync(thinker.chat(ASK, GREEDY));
    expect(said(pieces, "reasoning")).not.toBe("");
    expect(said(pieces, "content")).toBe("");
  });

  test("a model without a template is refused", async () => {
    const plain = await modelWith("plain.gguf");
    expect(Array.fromAsync(plain.chat(ASK))).rejects.toMatchObject({ code: "LLM_NO_CHAT_TEMPLATE" });
  });
});
