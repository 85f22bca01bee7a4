import { expect, test } from "bun:test";
import { DEFAULT_SETTINGS, NUMBER_FIELDS, parseNumber, parseStops, toWire } from "../src/settings.ts";

const field = (key: string) => NUMBER_FIELDS.find((one) => one.key === key)!;

test("numbers are read, empty ones left to the server, others refused by name", () => {
  expect(parseNumber(field("temperature"), " 0,7 ")).toEqual({ value: 0.7 });
  expect(parseNumber(field("temperature"), "")).toEqual({ value: undefined });
  expect(parseNumber(field("temperature"), "2.1")).toEqual({
    error: "Temperature must be a number from 0 to 2.",
  });
  expect(parseNumber(field("topK"), "1.5")).toEqual({ error: "Top k must be a whole number of 0 or more." });
  expect(parseNumber(field("seed"), "x")).toEqual({ error: "Seed must be a whole number of 0 or more." });
  expect(parseNumber(field("maxTokens"), "0")).toEqual({
    error: "Longest answer must be a whole number of 1 or more.",
  });
});

test("stop texts are lines with escapes, at most sixteen", () => {
  expect(parseStops("END\n\n\\n\\n\na\\tb")).toEqual(["END", "\n\n", "a\tb"]);
  expect(parseStops("x\n".repeat(40))).toHaveLength(16);
});

test("the request has the server's names and only what is set", () => {
  expect(toWire({ ...DEFAULT_SETTINGS, stop: "END", topK: undefined, seed: 0 })).toEqual({
    temperature: 0.8,
    top_p: 0.95,
    min_p: 0.05,
    max_tokens: 1024,
    seed: 0,
    stop: ["END"],
  });
});
