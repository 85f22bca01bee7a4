import { expect, test } from "bun:test";
import { runBounded } from "../src/run-bounded.ts";

test("results are in order, and no more than so many are under way at a time", async () => {
  let under = 0;
  let most = 0;
  const results = await runBounded([5, 1, 4, 2, 3], 2, async (ms, index) => {
    most = Math.max(most, ++under);
    await Bun.sleep(ms);
    under--;
    return `${index}:${ms}`;
  });
  expect(results).toEqual(["0:5", "1:1", "2:4", "3:2", "4:3"]);
  expect(most).toBe(2);
  expect(await runBounded([], 2, async () => 1)).toEqual([]);
});

test("the first failure is thrown and no more are begun", async () => {
  const begun: number[] = [];
  const running = runBounded([0, 1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    await Bun.sleep(1);
    if (item === 1) throw new Error("one");
  });
  await expect(running).rejects.toThrow("one");
  await Bun.sleep(5);
  expect(begun.length).toBeLessThan(5);
});
