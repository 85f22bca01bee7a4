import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createStopMatcher } from "../src/index.ts";
import { cutAtStop } from "./cut-at-stop.ts";

const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "😀", "\n"), maxLength: 4 }), {
  maxLength: 20,
});
const stopLists = fc.array(
  fc.string({ unit: fc.constantFrom("a", "b", "😀", "\n"), minLength: 1, maxLength: 5 }),
  {
    maxLength: 4,
  },
);

describe("createStopMatcher", () => {
  test("whatever the pieces, the joined text is the text cut at the first stop", () => {
    fc.assert(
      fc.property(texts, stopLists, (pieces, stops) => {
        const matcher = createStopMatcher(stops);
        const out = pieces.map((piece) => matcher.push(piece)).join("") + matcher.flush();
        const text = pieces.join("");
        expect(out).toBe(cutAtStop(text, stops));
        expect(matcher.stopped).toBe(stops.some((stop) => text.includes(stop)));
      }),
      { numRuns: 1000 },
    );
  });

  test("holds back only what may become a stop string", () => {
    fc.assert(
      fc.property(texts, stopLists, (pieces, stops) => {
        const matcher = createStopMatcher(stops);
        let out = "";
        let seen = "";
        for (const piece of pieces) {
          out += matcher.push(piece);
          seen += piece;
          if (matcher.stopped) {
            expect(matcher.holding).toBe(false);
            return;
          }
          const held = seen.slice(out.length);
          expect(matcher.holding).toBe(held !== "");
          if (held !== "") expect(stops.some((stop) => stop.startsWith(held))).toBe(true);
        }
      }),
    );
  });

  test("goes on matching inside its own partial matches", () => {
    const matcher = createStopMatcher(["aab"]);
    expect([..."aaaab"].map((c) => matcher.push(c))).toEqual(["", "", "a", "a", ""]);
    expect(matcher.stopped).toBe(true);
    expect(matcher.push("more")).toBe("");
  });
});
