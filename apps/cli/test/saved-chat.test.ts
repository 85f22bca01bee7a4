import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadChat, saveChat, type Turn } from "../src/saved-chat.ts";
import { temporaryFolder } from "./cli.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string) => join(folder.path, name);
const messages: Turn[] = [
  { role: "system", content: "Be short." },
  { role: "user", content: "hi\n☃" },
  { role: "assistant", content: "Hi." },
];

describe("saved conversations", () => {
  test("come back as they were, and may be written over", async () => {
    await saveChat(at("a.json"), { model: "m", messages: [] });
    await saveChat(at("a.json"), { model: "m", messages });
    expect(await loadChat(at("a.json"))).toEqual({ model: "m", messages });
  });

  test("other files are not written over", async () => {
    writeFileSync(at("notes.txt"), "mine");
    expect(saveChat(at("notes.txt"), { model: "m", messages })).rejects.toThrow(
      /is no conversation: give another name/,
    );
    expect(await Bun.file(at("notes.txt")).text()).toBe("mine");
  });

  test("take a request of OpenAI's form, and drop what they do not know", async () => {
    writeFileSync(
      at("b.json"),
      JSON.stringify({ messages: [{ ...messages[1], name: "x" }], temperature: 1 }),
    );
    expect(await loadChat(at("b.json"))).toEqual({ model: "", messages: [messages[1]!] });
  });

  mkdirSync(at("folder"));
  const bad: readonly (readonly [string, string | undefined, RegExp])[] = [
    ["nothing.json", undefined, /there is no such file/],
    ["folder", undefined, /is no file/],
    ["text.json", "{", /is not JSON/],
    ["null.json", "null", /has no messages/],
    ["role.json", '{"messages":[{"role":"tool","content":"x"}]}', /has no messages/],
    ["parts.json", '{"messages":[{"role":"user","content":[]}]}', /has no messages/],
    ["large.json", " ".repeat(16 * 1024 * 1024 + 1), /a conversation has at most/],
  ];
  for (const [name, text, message] of bad) {
    test(`${name} is refused`, async () => {
      if (text !== undefined) writeFileSync(at(name), text);
      expect(loadChat(at(name))).rejects.toMatchObject({
        code: "CLI_SAVED_CHAT",
        message: expect.stringMatching(message),
      });
    });
  }
});
