import { describe, expect, test } from "bun:test";
import { type AddedToken, addedTokenSplitter, addedTokenSplitters } from "../src/added-tokens.ts";

const token = (id: number, content: string, more: Partial<AddedToken> = {}): AddedToken => ({
  id,
  content,
  special: true,
  leftStrip: false,
  rightStrip: false,
  singleWord: false,
  ...more,
});

describe("added tokens", () => {
  test("the leftmost, and there the longest", () => {
    const split = addedTokenSplitter([token(1, "<a>"), token(2, "<a><b>"), token(3, "b>c"), token(4, "")]);
    expect(split("x<a><b>c<a>b>c")).toEqual(["x", 2, "c", 1, 3]);
    expect(split("<a")).toEqual(["<a"]);
    expect(split("")).toEqual([]);
  });
  test("strips white space at the sides it asks for", () => {
    expect(addedTokenSplitter([token(1, "M", { leftStrip: true })])("a \t M b")).toEqual(["a", 1, " b"]);
    expect(addedTokenSplitter([token(1, "M", { rightStrip: true })])("M \n MM b ")).toEqual([1, 1, 1, "b "]);
  });
  test("stands alone where it has to", () => {
    const split = addedTokenSplitter([token(1, "ab", { singleWord: true })]);
    expect(split("ab abc éab-ab 𝐱ab ab𝐱")).toEqual([1, " abc éab-", 1, " 𝐱ab ab𝐱"]);
  });
  test("control tokens only where asked for", () => {
    const splitters = addedTokenSplitters([token(1, "<s>"), token(2, "<u>", { special: false })]);
    expect(splitters(true)("<s><u>")).toEqual([1, 2]);
    expect(splitters(false)("<s><u>")).toEqual(["<s>", 2]);
    expect(addedTokenSplitters([])(true)("x")).toEqual(["x"]);
    expect(addedTokenSplitters([])(true)("")).toEqual([]);
  });
});
