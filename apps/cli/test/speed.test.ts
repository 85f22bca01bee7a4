import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { contextOf, meanAndDeviation, openSubject, speedTests } from "../src/speed.ts";
import { temporaryFolder, tinyModel } from "./cli.ts";

const folder = temporaryFolder();
let model = "";
beforeAll(async () => {
  model = await tinyModel(folder.path);
});
afterAll(folder.remove);

describe("tests", () => {
  test("are every length at every depth, shallow first; 0 is none", () => {
    expect(speedTests([8, 0], [2], [5, 0, 5]).map(({ name }) => name)).toEqual([
      "pp8",
      "tg2",
      "pp8@d5",
      "tg2@d5",
    ]);
  });

  test("need the context of the longest", () => {
    expect(contextOf(speedTests([8], [2], [0, 5]))).toBe(13);
    expect(contextOf([])).toBe(1);
  });
});

test("the mean and deviation of shifted values are the shifted mean and the same deviation", () => {
  expect(meanAndDeviation([1, 3])).toEqual({ mean: 2, stddev: Math.SQRT2 });
  expect(meanAndDeviation([7])).toEqual({ mean: 7, stddev: 0 });
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(values, fc.integer({ min: -1000, max: 1000 }), (all, shift) => {
      const one = meanAndDeviation(all);
      const other = meanAndDeviation(all.map((value) => value + shift));
      expect(other.mean - one.mean).toBeCloseTo(shift, 8);
      expect(other.stddev).toBeCloseTo(one.stddev, 8);
    }),
  );
});

test("a depth is filled once, and prompts go through in batches of the budget", async () => {
  const subject = await openSubject(model, { threads: 1, contextSize: 64, engine: { tokenBudget: 8 } });
  const { runner } = subject.model;
  const batches: [from: number, rows: number, logits: number][] = [];
  const forward = runner.forward;
  runner.forward = (batch) => {
    batches.push([batch.positions[0]!, batch.tokens.length, batch.logitRows.length]);
    return forward(batch);
  };
  const [prompt, decode] = speedTests([12], [2], [16]);
  expect(await subject.run(prompt!)).toBeGreaterThan(0);
  await subject.run(decode!);
  subject.close();
  expect(batches).toEqual([
    [0, 8, 1],
    [8, 8, 1],
    [16, 8, 1],
    [24, 4, 1],
    [16, 1, 1],
    [17, 1, 1],
  ]);
});
