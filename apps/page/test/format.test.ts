import { expect, test } from "bun:test";
import { figures, percent, tokensOf, visible } from "../src/format.ts";
import type { Answer } from "../src/state.ts";

const answer: Answer = {
  model: "m",
  status: "waiting",
  reasoning: [],
  content: [],
  tokens: 0,
  startedAt: 1000,
};

test("probabilities", () => {
  expect(percent(Math.log(0.5))).toBe("50.0 %");
  expect(percent(0)).toBe("100.0 %");
  expect(percent(Math.log(0.99995))).toBe("> 99.9 %");
  expect(percent(-9999)).toBe("< 0.1 %");
  expect(percent(null)).toBe("–");
});

test("blanks are made visible", () => {
  expect(visible(" a\n\t")).toBe("␣a↵⇥");
  expect(visible("")).toBe("(empty)");
});

test("figures say what is known", () => {
  expect(figures(answer)).toEqual([]);
  expect(tokensOf(1)).toBe("1 token");
  const streaming: Answer = {
    ...answer,
    status: "streaming",
    tokens: 21,
    firstTokenAt: 1250,
    lastTokenAt: 2250,
  };
  expect(figures(streaming)).toEqual(["21 tokens", "20.0 tokens/s", "first after 0.25 s"]);
  const usage = { promptTokens: 2100, completionTokens: 41, cachedTokens: 2000 };
  expect(figures({ ...streaming, status: "done", usage, finishReason: "length" })).toEqual([
    "41 tokens",
    "40.0 tokens/s",
    "first after 0.25 s",
    "prompt of 2,100, 2,000 cached",
    "cut off at its longest",
  ]);
  expect(
    figures({ ...answer, status: "stopped", tokens: 1, firstTokenAt: 21_000, lastTokenAt: 21_000 }),
  ).toEqual(["1 token", "first after 20.0 s", "stopped"]);
});
