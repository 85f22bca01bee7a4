import { expect, test } from "bun:test";
import fc from "fast-check";
import { markUp } from "../src/markup.ts";

const pieces = (...texts: string[]) => texts.map((text) => ({ text, tokens: [] }));
const shape = (...texts: string[]) =>
  markUp(pieces(...texts)).map(({ kind, spans }) => [
    kind,
    ...spans.map(({ style, text }) => `${style}:${text}`),
  ]);

test("paragraphs, headings and fenced code", () => {
  expect(shape("# One\ntwo\n\nthree\n```js\n**x**\n```\nfour")).toEqual([
    ["heading", "mark:# ", "plain:One\n"],
    ["prose", "plain:two\n\n"],
    ["prose", "plain:three\n"],
    ["code", "mark:```js\n", "plain:**x**\n", "mark:```\n"],
    ["prose", "plain:four"],
  ]);
});

test("a longer fence holds a shorter one, and an open one takes the rest", () => {
  expect(shape("````\n```\n````\n~~~\nrest")).toEqual([
    ["code", "mark:````\n", "plain:```\n", "mark:````\n"],
    ["code", "mark:~~~\n", "plain:rest"],
  ]);
});

test("strong and code within a line; marks stay", () => {
  expect(shape("a **b** `c` ** d")).toEqual([
    [
      "prose",
      "plain:a ",
      "mark:**",
      "strong:b",
      "mark:**",
      "plain: ",
      "mark:`",
      "code:c",
      "mark:`",
      "plain: ** d",
    ],
  ]);
  expect(shape("**open\nnext**")).toEqual([["prose", "plain:**open\nnext**"]]);
});

test("spans are cut where pieces meet", () => {
  expect(markUp(pieces("a *", "", "*b", "**"))).toEqual([
    {
      kind: "prose",
      spans: [
        { piece: 0, text: "a ", style: "plain" },
        { piece: 0, text: "*", style: "mark" },
        { piece: 2, text: "*", style: "mark" },
        { piece: 2, text: "b", style: "strong" },
        { piece: 3, text: "**", style: "mark" },
      ],
    },
  ]);
});

const fragment = fc.constantFrom("**", "`", "```", "\n", "\n\n", "# ", "a", " ", "~~~", "word ", "");

test("no character is lost and each belongs to its piece", () => {
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 60 }), (texts) => {
      const said = texts.map(() => "");
      for (const { spans } of markUp(pieces(...texts))) {
        for (const { piece, text } of spans) said[piece] += text;
      }
      expect(said).toEqual(texts);
    }),
  );
});

test("a block that another follows does not change as the text grows", () => {
  fc.assert(
    fc.property(
      fc.array(fragment, { maxLength: 30 }),
      fc.array(fragment, { maxLength: 30 }),
      (start, rest) => {
        const done = markUp(pieces(...start)).slice(0, -1);
        expect(markUp(pieces(...start, ...rest)).slice(0, done.length)).toEqual(done);
      },
    ),
  );
});
