import { expect, test } from "bun:test";
import { createPacing } from "../src/pacing.ts";

test("before anything is measured a cautious guess, within the budget", () => {
  expect(createPacing(256).promptRows(1)).toBe(16);
  expect(createPacing(8).promptRows(1)).toBe(8);
});

test("rows are given so that a mixed step takes at most 1.8 times as long", () => {
  const pacing = createPacing(256);
  for (let i = 0; i < 50; i++) {
    pacing.observe(1, 0, 40);
    const rows = pacing.promptRows(1);
    pacing.observe(1, rows, 40 + rows * 3);
  }
  expect(pacing.promptRows(1)).toBe(10); // 0.8 * 40 / 3
});

test("many streams leave a prompt more rows than one: their own steps take longer", () => {
  const pacing = createPacing(256);
  for (let i = 0; i < 50; i++) {
    for (const streams of [1, 8]) {
      pacing.observe(streams, 0, 40 + (streams - 1) * 10);
      pacing.observe(streams, 4, 40 + (streams + 3) * 10);
    }
  }
  expect(pacing.promptRows(1)).toBe(3); // 0.8 * 40 / 10
  expect(pacing.promptRows(8)).toBe(8); // 0.8 * 110 / 10
});

test("prompts alone measure the cost of a row too", () => {
  const pacing = createPacing(256);
  pacing.observe(0, 100, 200);
  pacing.observe(1, 0, 20);
  expect(pacing.promptRows(1)).toBe(8); // 0.8 * 20 / 2
});

test("never fewer than two rows, never more than the budget", () => {
  const slow = createPacing(256);
  slow.observe(0, 1, 1000);
  slow.observe(1, 0, 1);
  expect(slow.promptRows(1)).toBe(2);
  const fast = createPacing(64);
  fast.observe(0, 1000, 1);
  fast.observe(1, 0, 100);
  expect(fast.promptRows(1)).toBe(64);
});
