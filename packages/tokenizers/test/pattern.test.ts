import { describe, expect, test } from "bun:test";
import { PatternError } from "../src/errors.ts";
import { compilePattern } from "../src/pattern.ts";

const all = (pattern: string, text: string): string[] => text.match(compilePattern(pattern)) ?? [];

describe("compilePattern", () => {
  test.each([
    [String.raw`\s+`, "a\u0085\u3000b\ufeffc", ["\u0085\u3000"]],
    [String.raw`\S+`, "a \ufeffb", ["a", "\ufeffb"]],
    [String.raw`\d+`, "a1٣x", ["1٣"]],
    [String.raw`\D+`, "a1b", ["a", "b"]],
    [String.raw`\w+`, "é_1-漢", ["é_1", "漢"]],
    [String.raw`\W+`, "é_1-漢", ["-"]],
    [String.raw`\bé`, "é aé", ["é"]],
    [String.raw`\Bé`, "é aé", ["é"]],
    [String.raw`\h+\H`, "beefy", ["beefy"]],
    ["(?i:'s|'RE)", "'S're's", ["'S", "'re", "'s"]],
    ["(?i)ab|c", "AbC", ["Ab", "C"]],
    ["a(?i:b(?-i:c))", "aBcaBC", ["aBc"]],
    ["(?i)[a-c-]+", "aBC-d", ["aBC-"]],
    [String.raw`\p{Han}+`, "a漢字", ["漢字"]],
    [String.raw`\p{^L}+\P{N}\pL`, "12ab3", ["12ab"]],
    [String.raw`[\p{L}&&[^\p{Han}]]+`, "a漢b", ["a", "b"]],
    ["[[:alpha:][:digit:]]+", "ab1-", ["ab1"]],
    ["[[:^alpha:]]+", "ab1-", ["1-"]],
    ["[^a-c]+", "abxd", ["xd"]],
    ["[]a]+", "]a", ["]a"]],
    [String.raw`[\w-z]+`, "a-z!", ["a-z"]],
    [String.raw`[+-\d]+`, "+-1,", ["+-1"]],
    ["(?i)[a-c]+", "ABCabcd", ["ABCabc"]],
    [String.raw`[\x41\u0042\x{43}]+\r?`, "ABCD", ["ABC"]],
    ["^b$", "a\nb\nc", ["b"]],
    [".+", "a\nb", ["a", "b"]],
    [String.raw`\Aa|b\z|c\Z`, "aab", ["a", "b"]],
    ["a{,2}b", "aaab", ["aab"]],
    ["a{2}", "aaa", ["aa"]],
    ["a+?", "aa", ["a", "a"]],
    ["(?<name>a)(b)", "ab", ["ab"]],
    ["(?<=a)b(?!c)(?=d)(?<!x)", "abdabc", ["b"]],
    ["{", "a{", ["{"]],
    [String.raw`\-\'\"\/\<`, "-'\"/<", ["-'\"/<"]],
  ])("%s", (pattern, text, expected) => {
    expect(all(pattern, text)).toEqual(expected);
  });

  test("possessive quantifiers and atomic groups give nothing back", () => {
    expect(all("a++a", "aaa")).toEqual([]);
    expect(all("a+a", "aaa")).toEqual(["aaa"]);
    expect(all("(?>a|ab)c", "abc ac")).toEqual(["ac"]);
    expect(all("[ab]?+b|x*+y", "b ab xxy")).toEqual(["ab", "xxy"]);
  });

  test.each([
    String.raw`(a)\1`,
    String.raw`\R`,
    String.raw`\p{NoSuch}`,
    String.raw`\p{L`,
    String.raw`\p{a b}`,
    String.raw`\x{zz}`,
    String.raw`\x{110000}`,
    "\\",
    "[a",
    "(a",
    "a)",
    "*a",
    "(?s:a)",
    "(?P<x>a)",
    "[[:nope:]]",
    "a{3,2}",
    "(".repeat(80) + ")".repeat(80),
    `${"[".repeat(80)}a${"]".repeat(80)}`,
    "a".repeat(70_000),
  ])("refuses %s", (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(PatternError);
  });
});
