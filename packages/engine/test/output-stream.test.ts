import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createOutputStream, type TokenEvent } from "../src/index.ts";
import { cutAtStop } from "./cut-at-stop.ts";
import { createTinyTokenizer, decodeAll, TINY_VOCAB } from "./tiny-tokenizer.ts";

const idLists = fc.array(fc.nat(TINY_VOCAB - 1), { maxLength: 40 });
const stopLists = fc.array(fc.constantFrom("ab", "stop", "\n\n", "é", "c a", "abca", "\uFFFD"), {
  maxLength: 3,
});

function run(ids: readonly number[], stops: readonly string[]) {
  const events: TokenEvent[] = [];
  const delays: number[] = [];
  const stream = createOutputStream(createTinyTokenizer().streamDecoder(), stops, (event) =>
    events.push(event),
  );
  let pushed = 0;
  let stopped = false;
  for (const id of ids) {
    stopped = stream.push({ id, logprob: -id });
    pushed++;
    delays.push(pushed - events.length);
    if (stopped) break;
  }
  const rest = stream.end();
  return { events, delays, pushed, stopped, rest, text: events.map((e) => e.text).join("") + rest };
}

describe("createOutputStream", () => {
  test("the joined text is the decoded ids, cut at the first stop string", () => {
    fc.assert(
      fc.property(idLists, stopLists, (ids, stops) => {
        const { text, pushed, stopped } = run(ids, stops);
        expect(text).toBe(cutAtStop(decodeAll(ids.slice(0, pushed)), stops));
        const whole = decodeAll(ids);
        if (!stopped) expect(text).toBe(cutAtStop(whole, stops));
      }),
      { numRuns: 500 },
    );
  });

  test("one event for each token, in order, never later than the next token", () => {
    fc.assert(
      fc.property(idLists, stopLists, (ids, stops) => {
        const { events, delays, pushed } = run(ids, stops);
        expect(events.map((e) => e.id)).toEqual(ids.slice(0, pushed));
        expect(events.map((e) => e.logprob)).toEqual(ids.slice(0, pushed).map((id) => -id));
        expect(Math.max(0, ...delays)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("a token with text of its own leaves at once", () => {
    expect(run([0, 8, 10], ["stop"]).delays).toEqual([0, 0, 0]);
  });

  test("what was held for a stop string leaves with the last event", () => {
    const { events, rest } = run([0, 28], ["stop"]);
    expect(events.map((e) => e.text)).toEqual(["a", "st"]);
    expect(rest).toBe("");
  });

  test("a character left incomplete leaves with the event of its last byte", () => {
    const { events, rest } = run([0, 21, 22], []);
    expect(events.map((e) => e.text)).toEqual(["a", "", "\uFFFD"]);
    expect(rest).toBe("");
  });

  test("the tail of a character behind finished text is handed over at the end", () => {
    const { events, rest } = run([25], []); // a space and two bytes of a quotation mark
    expect(events.map((e) => e.text)).toEqual([" "]);
    expect(rest).toBe("\uFFFD");
  });
});
