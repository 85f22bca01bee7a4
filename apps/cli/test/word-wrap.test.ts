import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { folded, wordWrap } from "../src/word-wrap.ts";

function wrapped(pieces: readonly string[], columns: number): string {
  const wrap = wordWrap(() => columns);
  return pieces.map(wrap.push).join("") + wrap.flush();
}

describe("wordWrap", () => {
  test("breaks at spaces, and where the text breaks", () => {
    expect(wrapped(["one two three four"], 9)).toBe("one two\nthree\nfour");
    expect(wrapped(["one two thr", "ee\n\n  four"], 20)).toBe("one two three\n\n  four");
    expect(wrapped(["ab cd"], 5)).toBe("ab cd");
    expect(wrapped(["ab  cd "], 4)).toBe("ab\ncd ");
  });

  test("gives what is longer than a line at once", () => {
    expect(wrapped(["a bcdefghijklm no"], 5)).toBe("a\nbcdefghijklm\nno");
    expect(wordWrap(() => 3).push("abcd")).toBe("abcd");
    expect(wrapped(["aaa", "aaa", " a"], 4)).toBe("aaaaaa\na");
  });

  test("counts wide characters as two columns and marks as none", () => {
    expect(wrapped(["漢字 漢字"], 8)).toBe("漢字\n漢字");
    expect(wrapped(["e\u0301e\u0301 ab"], 5)).toBe("e\u0301e\u0301 ab");
  });

  test("a text after another begins a line", () => {
    const wrap = wordWrap(() => 6);
    expect(wrap.push("abcd") + wrap.flush()).toBe("abcd");
    expect(wrap.push("abcd") + wrap.flush()).toBe("abcd");
  });

  test("however it is cut, words stay whole, their order too, and lines fit where words do", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "\n", "é"), maxLength: 60 });
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (all, columns, n) => {
          const pieces = all.match(new RegExp(`[^]{1,${n}}`, "gu")) ?? [];
          const shown = wrapped(pieces, columns);
          expect(shown.split(/\s+/)).toEqual(all.split(/\s+/));
          for (const line of shown.split("\n"))
            if (/\S\s+\S/.test(line)) expect(line.trimEnd().length).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});

test("messages are folded where standard error is a terminal, and nowhere else", () => {
  expect(folded("one two three four", { terminal: true, columns: 9 })).toBe("one two\nthree\nfour");
  expect(folded("one two three four", { terminal: false, columns: 9 })).toBe("one two three four");
});
