import { expect, test } from "bun:test";
import { createHail, raiseHail, watchHail } from "../src/hail.ts";

test("a hail waits until its message is taken", () => {
  const hail = createHail();
  const watch = watchHail(hail);
  expect(watch.waiting()).toBe(false);
  raiseHail(hail);
  raiseHail(hail);
  expect(watch.waiting()).toBe(true);
  watch.taken();
  expect(watch.waiting()).toBe(true);
  watch.taken();
  expect(watch.waiting()).toBe(false);
});

test("without shared memory nothing ever waits", () => {
  const watch = watchHail(undefined);
  raiseHail(undefined);
  expect(watch.waiting()).toBe(false);
});
