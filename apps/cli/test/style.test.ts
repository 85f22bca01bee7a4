import { expect, test } from "bun:test";
import { styleOf, wantsColour } from "../src/style.ts";

test("plain text stays as it is, coloured text is reset at its end", () => {
  for (const mark of Object.values(styleOf(false))) expect(mark("a")).toBe("a");
  for (const mark of Object.values(styleOf(true))) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(mark("a")).toMatch(/^\x1b\[\d+ma\x1b\[\d+m$/);
  }
});

test("colour is for terminals, unless someone says no", () => {
  expect(wantsColour(true, { TERM: "xterm-256color" })).toBe(true);
  expect(wantsColour(true, { NO_COLOR: "" })).toBe(true);
  expect(wantsColour(false, {})).toBe(false);
  expect(wantsColour(true, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColour(true, { TERM: "dumb" })).toBe(false);
});
