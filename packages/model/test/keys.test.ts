import { expect, test } from "bun:test";
import { BadHyperparameterError, MissingHyperparameterError } from "../src/index.ts";
import { keysOf } from "../src/keys.ts";

const keys = keysOf(
  new Map<string, never>(
    Object.entries({
      "x.n": 12,
      "x.zero": 0,
      "x.big": 12n,
      "x.half": 0.5,
      "x.minus": -1,
      "x.infinite": Number.POSITIVE_INFINITY,
      "x.text": "yes",
      "x.flag": true,
      "x.same": Uint32Array.of(4, 4, 4),
      "x.mixed": [4, 8],
      "x.empty": [],
    }) as [string, never][],
  ),
  "x",
);

test("numbers", () => {
  expect(keys.count("n", 100)).toBe(12);
  expect(keys.count("big", 100)).toBe(12);
  expect(keys.count("same", 100)).toBe(4);
  expect(keys.countOrZero("zero", 100)).toBe(0);
  expect(keys.positive("half")).toBe(0.5);
  expect(keys.real("minus")).toBe(-1);
});

test("text, flags and what is there", () => {
  expect(keys.text("text")).toBe("yes");
  expect(keys.flag("flag")).toBe(true);
  expect(keys.has("n")).toBe(true);
  expect(keys.has("m")).toBe(false);
  expect(keys.raw("n")).toBe(12);
  expect(keys.key("n")).toBe("x.n");
});

test("fallbacks stand for absent keys only", () => {
  expect(keys.count("absent", 5, 7)).toBe(7);
  expect(keys.flag("absent", false)).toBe(false);
  expect(() => keys.count("zero", 5, 7)).toThrow(BadHyperparameterError);
});

test("absent keys are named", () => {
  for (const read of [
    () => keys.count("absent", 5),
    () => keys.text("absent"),
    () => keys.positive("absent"),
  ]) {
    expect(read).toThrow(MissingHyperparameterError);
    expect(read).toThrow('"x.absent"');
  }
});

test("values that no model has are named", () => {
  const bad = [
    () => keys.count("n", 11),
    () => keys.count("zero", 100),
    () => keys.count("half", 100),
    () => keys.count("minus", 100),
    () => keys.count("text", 100),
    () => keys.count("mixed", 100),
    () => keys.count("empty", 100),
    () => keys.positive("zero"),
    () => keys.positive("infinite"),
    () => keys.real("flag"),
    () => keys.text("n"),
    () => keys.flag("n"),
  ];
  for (const read of bad) expect(read).toThrow(BadHyperparameterError);
});
