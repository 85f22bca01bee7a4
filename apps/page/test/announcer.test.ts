import { expect, test } from "bun:test";
import fc from "fast-check";
import { createAnnouncer } from "../src/announcer.ts";

const SENTENCE = "This sentence has a length of about fifty letters. ";

test("says whole sentences, several at a time", () => {
  const announcer = createAnnouncer();
  expect(announcer.push(SENTENCE)).toBe("");
  expect(announcer.push(SENTENCE.repeat(2))).toBe("");
  expect(announcer.push(`${SENTENCE.repeat(3)}And`)).toBe(SENTENCE.repeat(3).trim());
  expect(announcer.push(`${SENTENCE.repeat(3)}And so`)).toBe("");
  expect(announcer.flush(`${SENTENCE.repeat(3)}And so on.`)).toBe("And so on.");
  expect(announcer.flush(`${SENTENCE.repeat(3)}And so on.`)).toBe("");
});

test("everything is said once", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(SENTENCE, "word ", "\n"), { maxLength: 80 }), (parts) => {
      const announcer = createAnnouncer();
      let text = "";
      let said = "";
      for (const part of parts) {
        text += part;
        said += announcer.push(text);
      }
      said += announcer.flush(text);
      expect(said.replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
    }),
  );
});
