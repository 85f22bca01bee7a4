import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { admit, type Holding } from "../src/index.ts";

const holdings = fc
  .array(
    fc.record({
      bytes: fc.nat(50),
      state: fc.constantFrom<Holding["state"]>("idle", "serving", "pinned", "loading"),
    }),
    {
      maxLength: 8,
    },
  )
  .map((list): Holding[] => list.map((holding, i) => ({ key: `m${i}`, ...holding })));
const request = fc.record({
  holdings,
  bytes: fc.nat(120),
  maxBytes: fc.integer({ min: 1, max: 200 }),
  maxEntries: fc.integer({ min: 1, max: 8 }),
});
const sum = (list: Holding[]) => list.reduce((total, holding) => total + holding.bytes, 0);

describe("admit", () => {
  test("what is admitted fits, once only idle models are gone", () => {
    fc.assert(
      fc.property(request, ({ holdings, bytes, ...limits }) => {
        const admission = admit({ key: "new", bytes, entries: 1 }, holdings, limits);
        if (!admission.fits) return;
        const left = holdings.filter((holding) => !admission.victims.includes(holding.key));
        expect(sum(left) + bytes).toBeLessThanOrEqual(limits.maxBytes);
        expect(left.length + 1).toBeLessThanOrEqual(limits.maxEntries);
        expect(
          holdings.filter((h) => admission.victims.includes(h.key)).every((h) => h.state === "idle"),
        ).toBe(true);
      }),
    );
  });

  test("what is refused would not fit even with every idle model gone", () => {
    fc.assert(
      fc.property(request, ({ holdings, bytes, ...limits }) => {
        const admission = admit({ key: "new", bytes, entries: 1 }, holdings, limits);
        if (admission.fits) return;
        const busy = holdings.filter((holding) => holding.state !== "idle");
        expect(sum(busy) + bytes > limits.maxBytes || busy.length + 1 > limits.maxEntries).toBe(true);
        expect(admission.reason.budget).toBe(
          admission.reason.limit === "bytes" ? limits.maxBytes : limits.maxEntries,
        );
      }),
    );
  });

  test("victims are a least recently used run of the idle, and none is spared in vain", () => {
    fc.assert(
      fc.property(request, ({ holdings, bytes, ...limits }) => {
        const admission = admit({ key: "new", bytes, entries: 1 }, holdings, limits);
        if (!admission.fits) return;
        const idle = holdings.filter((holding) => holding.state === "idle").map((holding) => holding.key);
        expect(admission.victims).toEqual(idle.slice(0, admission.victims.length));
        if (admission.victims.length === 0) return;
        const oneFewer = holdings.filter((holding) => !admission.victims.slice(0, -1).includes(holding.key));
        expect(sum(oneFewer) + bytes > limits.maxBytes || oneFewer.length + 1 > limits.maxEntries).toBe(true);
      }),
    );
  });
});
