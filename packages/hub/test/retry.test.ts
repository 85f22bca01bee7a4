import { expect, test } from "bun:test";
import { ConnectionError } from "../src/index.ts";
import { retryAfterMs, TransientFailure, withRetries } from "../src/retry.ts";
import { sleep } from "../src/sleep.ts";
import { failure } from "./workbench.ts";

function policy() {
  const delays: number[] = [];
  const wait = async (ms: number) => void delays.push(ms);
  return { delays, attempts: 4, baseDelayMs: 100, maxDelayMs: 1000, random: () => 1, sleep: wait };
}

test("delays double up to the maximum; then the cause is named", async () => {
  const tries = policy();
  const cause = new Error("reset");
  const error = await failure(
    withRetries("http://h/f", { ...tries, attempts: 6 }, undefined, () =>
      Promise.reject(new TransientFailure("x", { cause })),
    ),
  );
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error.cause).toBe(cause);
  expect(tries.delays).toEqual([100, 200, 400, 800, 1000]);
});

test("progress starts the count again, Retry-After is waited for, other errors pass", async () => {
  const tries = policy();
  let calls = 0;
  const result = await withRetries("u", tries, undefined, async () => {
    calls++;
    if (calls < 10) throw new TransientFailure("cut", { advanced: true });
    if (calls === 10) throw new TransientFailure("busy", { retryAfterMs: 700 });
    return "done";
  });
  expect(result).toBe("done");
  expect(tries.delays).toEqual([...Array(9).fill(100), 700]);
  expect(
    (await failure(withRetries("u", tries, undefined, () => Promise.reject(new Error("other"))))).message,
  ).toBe("other");
});

test("an abort ends the waiting", async () => {
  const stop = new AbortController();
  const waiting = failure(sleep(60_000, stop.signal));
  stop.abort(new Error("stop"));
  expect((await waiting).message).toBe("stop");
  expect((await failure(sleep(60_000, stop.signal))).message).toBe("stop");
  const action = () => Promise.reject(new TransientFailure("x"));
  expect((await failure(withRetries("u", policy(), stop.signal, action))).message).toBe("stop");
  await sleep(0, new AbortController().signal);
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterMs("3", now)).toBe(3000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:00:05 GMT", now)).toBe(5000);
  for (const header of [null, "soon", "0", "Thu, 01 Jan 2015 00:00:05 GMT"])
    expect(retryAfterMs(header, now)).toBeUndefined();
});
