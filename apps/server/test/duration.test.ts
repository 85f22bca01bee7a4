import { expect, test } from "bun:test";
import { millisecondsOf } from "../src/duration.ts";

test.each<[number | string, number | undefined]>([
  [300, 300_000],
  [0, 0],
  [-1, Number.POSITIVE_INFINITY],
  ["5m", 300_000],
  ["1h30m", 5_400_000],
  ["250ms", 250],
  ["1.5s", 1500],
  ["0", 0],
  ["-0", 0],
  ["60", 60_000],
  ["-1m", Number.POSITIVE_INFINITY],
  [" 10s ", 10_000],
  ["", undefined],
  ["5 minutes", undefined],
  ["5m!", undefined],
  ["1e3", undefined],
])("%p is %p", (given, milliseconds) => {
  expect(millisecondsOf(given)).toBe(milliseconds!);
});
