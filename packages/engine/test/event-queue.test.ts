import { expect, test } from "bun:test";
import { createEventQueue } from "../src/event-queue.ts";

test("items arrive in order whether they come before or after they are asked for", async () => {
  const queue = createEventQueue<number>(() => {});
  const iterator = queue[Symbol.asyncIterator]();
  queue.push(1);
  expect(await iterator.next()).toEqual({ done: false, value: 1 });
  const second = iterator.next();
  const third = iterator.next();
  queue.push(2);
  queue.push(3);
  expect([(await second).value, (await third).value]).toEqual([2, 3]);
});

test("closing delivers what is queued, then ends, also those who already wait", async () => {
  const queue = createEventQueue<number>(() => {});
  queue.push(1);
  queue.close();
  queue.push(2);
  const seen: number[] = [];
  for await (const item of queue) seen.push(item);
  expect(seen).toEqual([1]);
  const other = createEventQueue<number>(() => {});
  const waits = other[Symbol.asyncIterator]().next();
  other.close();
  expect((await waits).done).toBe(true);
});

test("leaving the loop is told once, and not after the end", async () => {
  let left = 0;
  const queue = createEventQueue<number>(() => left++);
  queue.push(1);
  for await (const _ of queue) break;
  for await (const _ of queue) break;
  expect(left).toBe(1);
  const finished = createEventQueue<number>(() => left++);
  finished.push(1);
  finished.close();
  for await (const _ of finished) break;
  expect(left).toBe(1);
});
