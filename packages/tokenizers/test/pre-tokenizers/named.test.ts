import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { UnknownKindError } from "../../src/errors.ts";
import { digitGroups } from "../../src/pre-tokenizers/digit-groups.ts";
import { namedPreTokenizer, PRE_TOKENIZER_NAMES } from "../../src/pre-tokenizers/named.ts";
import { splitTrailingSpace } from "../../src/pre-tokenizers/trailing-space.ts";

const TEXT = "I'LL pay $1234567.89 für 漢字かな  now!?\n\n\tÉCOLE don't";
const split = (name: string, text = TEXT) => namedPreTokenizer(name).split(text);

describe("namedPreTokenizer", () => {
  test.each([...PRE_TOKENIZER_NAMES])("%s loses nothing", (name) => {
    const { split } = namedPreTokenizer(name);
    expect(split(TEXT).join("")).toBe(TEXT);
    expect(split("")).toEqual([]);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const pieces = split(text.toWellFormed());
        expect(pieces.join("")).toBe(text.toWellFormed());
        expect(pieces).not.toContain("");
      }),
      { numRuns: 20 },
    );
  });

  test("the patterns tell numbers, case and spaces apart", () => {
    expect(split("gpt-2").slice(0, 6)).toEqual(["I", "'", "LL", " pay", " $", "1234567"]);
    expect(split("llama-bpe").slice(0, 8)).toEqual(["I", "'LL", " pay", " $", "123", "456", "7", "."]);
    expect(split("qwen2", "x12 y")).toEqual(["x", "1", "2", " y"]);
    expect(split("deepseek-v3", "12345 漢字a!b")).toEqual(["123", "45", " ", "漢字", "a", "!b"]);
    expect(split("gpt-4o", "helloWorld HTTPServer it's")).toEqual(["hello", "World", " HTTPServer", " it's"]);
    expect(split("tekken", "12 it's")).toEqual(["1", "2", " it", "'s"]);
    expect(split("kimi-k2", "ab漢字cd")).toEqual(["ab", "漢字", "cd"]);
    expect(split("superbpe", "a1234567")).toEqual(["a", "1", "234", "567"]);
    expect(split("falcon", "a+1234")).toEqual(["a", "+", "123", "4"]);
    expect(split("deepseek-llm", "ab  ")).toEqual(["ab", "  "]);
    expect(split("gemma4", "a▁b\n\nc")).toEqual(["a▁b", "\n\n", "c"]);
    expect(split("exaone-moe", "a b c1")).toEqual(["a b c", "1"]);
  });

  test("an unknown name says what is known", () => {
    expect(() => namedPreTokenizer("nope")).toThrow(UnknownKindError);
    expect(() => namedPreTokenizer("nope")).toThrow("llama-bpe");
    expect(() => namedPreTokenizer("__proto__")).toThrow(UnknownKindError);
  });
});

describe("splitters written out because a pattern would be quadratic", () => {
  test("digitGroups does what the look-ahead does", () => {
    const slowly = (text: string) => text.match(/\d{1,3}(?=(?:\d{3})*\b)|\D+|\d+/g) ?? [];
    const character = fc.constantFrom("1", "2", "3", "x", " ");
    fc.assert(
      fc.property(fc.array(character, { maxLength: 16 }), (letters) => {
        const text = letters.join("");
        expect(digitGroups({ atWordEnd: true })(text)).toEqual(slowly(text));
      }),
    );
  });
  test("splitTrailingSpace", () => {
    expect(splitTrailingSpace("a b \n")).toEqual(["a b", " \n"]);
    expect(splitTrailingSpace("a")).toEqual(["a"]);
    expect(splitTrailingSpace("  ")).toEqual(["  "]);
  });
});
