import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { inSequence, splitBefore, splitBy } from "../../src/pre-tokenizers/split.ts";

/** Examples of huggingface/tokenizers' documentation of SplitDelimiterBehavior. */
const TEXT = "the-final--countdown";

describe("splitBy", () => {
  test.each([
    ["removed", ["the", "final", "countdown"]],
    ["isolated", ["the", "-", "final", "-", "-", "countdown"]],
    ["mergedwithprevious", ["the-", "final-", "-", "countdown"]],
    ["mergedwithnext", ["the", "-final", "-", "-countdown"]],
    ["contiguous", ["the", "-", "final", "--", "countdown"]],
  ] as const)("%s", (behavior, expected) => {
    expect(splitBy(/-/gv, behavior)(TEXT)).toEqual([...expected]);
  });

  test("inverted", () => {
    expect(splitBy(/\w+/gv, "removed", true)(TEXT)).toEqual(["the", "final", "countdown"]);
    expect(splitBy(/\w+/gv, "isolated", true)(TEXT)).toEqual(["the", "-", "final", "--", "countdown"]);
    expect(splitBy(/-/gv, "mergedwithprevious", true)("-a-b")).toEqual(["-a", "-b"]);
    expect(splitBy(/x/gv, "removed", true)("abc")).toEqual([]);
  });

  test("a match of nothing marks a place", () => {
    expect(splitBy(/(?=b)/gv, "isolated")("abab")).toEqual(["a", "ba", "b"]);
    expect(splitBy(/(?=b)/gv, "removed", true)("abab")).toEqual([]);
  });

  test("nothing gives nothing", () => {
    for (const behavior of [
      "removed",
      "isolated",
      "mergedwithprevious",
      "mergedwithnext",
      "contiguous",
    ] as const) {
      expect(splitBy(/-/gv, behavior)("")).toEqual([]);
      expect(splitBy(/-/gv, behavior)("ab")).toEqual(["ab"]);
    }
  });

  test("only `removed` loses text", () => {
    const behavior = fc.constantFrom("isolated", "mergedwithprevious", "mergedwithnext", "contiguous");
    fc.assert(
      fc.property(fc.string(), behavior, fc.boolean(), (text, how, invert) => {
        const pieces = splitBy(/[a-m ]/gv, how as "isolated", invert)(text);
        expect(pieces.join("")).toBe(text);
        expect(pieces).not.toContain("");
      }),
    );
  });
});

describe("splitBefore and inSequence", () => {
  test("cuts before marks, as mergedwithnext does", () => {
    const slowly = splitBy(/_/gv, "mergedwithnext");
    fc.assert(
      fc.property(fc.array(fc.constantFrom("_", "a"), { maxLength: 12 }), (letters) => {
        const text = letters.join("");
        expect(splitBefore(text, "_")).toEqual(slowly(text));
      }),
    );
  });
  test("each splitter sees the pieces of the one before", () => {
    expect(inSequence([splitBy(/,/gv, "removed"), splitBy(/\d/gv, "isolated")])("a1,b,22")).toEqual([
      "a",
      "1",
      "b",
      "2",
      "2",
    ]);
    expect(inSequence([])("ab")).toEqual(["ab"]);
    expect(inSequence([])("")).toEqual([]);
  });
});
