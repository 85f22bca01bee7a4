import { expect, test } from "bun:test";
import { isUncertain, textOf, toPieces } from "../src/pieces.ts";

const token = (text: string, logprob: number | null = -0.1) => ({ text, logprob, top: [] });

test("a piece a token where the tokens make up the text", () => {
  const tokens = [token("Hel"), token("lo")];
  expect(toPieces("Hello", tokens)).toEqual([
    { text: "Hel", tokens: [tokens[0]!] },
    { text: "lo", tokens: [tokens[1]!] },
  ]);
});

test("one piece where a character spans tokens, and none without text", () => {
  const tokens = [token("\uFFFD"), token("\uFFFD")];
  expect(toPieces("é", tokens)).toEqual([{ text: "é", tokens }]);
  expect(toPieces("", tokens)).toEqual([]);
  expect(textOf([...toPieces("é", tokens), ...toPieces("t", [])])).toBe("ét");
});

test("uncertain is below one half", () => {
  expect(isUncertain({ text: "a", tokens: [token("a", Math.log(0.49))] })).toBe(true);
  expect(isUncertain({ text: "a", tokens: [token("a", Math.log(0.51)), token("b", null)] })).toBe(false);
  expect(isUncertain({ text: "a", tokens: [] })).toBe(false);
});
