import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Buffer, placeBuffers } from "../src/arena.ts";

const buffers = fc.array(
  fc
    .record({ bytes: fc.integer({ min: 1, max: 40 }), first: fc.nat(30), life: fc.nat(12) })
    .map(({ bytes, first, life }): Buffer => ({ segment: 0, bytes, first, last: first + life, offset: 0 })),
  { maxLength: 40 },
);

describe("placeBuffers", () => {
  test("no two live buffers overlap, and the size holds them all", () => {
    fc.assert(
      fc.property(buffers, (all) => {
        const size = placeBuffers(all);
        for (const a of all) {
          expect(a.offset + a.bytes).toBeLessThanOrEqual(size);
          for (const b of all) {
            if (a === b || a.last < b.first || b.last < a.first) continue;
            expect(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset).toBe(true);
          }
        }
      }),
    );
  });

  test("never takes more than all of them side by side, nor less than the most that live at once", () => {
    fc.assert(
      fc.property(buffers, (all) => {
        const size = placeBuffers(all);
        expect(size).toBeLessThanOrEqual(all.reduce((sum, b) => sum + b.bytes, 0));
        for (let time = 0; time <= 42; time++) {
          const live = all
            .filter((b) => b.first <= time && time <= b.last)
            .reduce((sum, b) => sum + b.bytes, 0);
          expect(size).toBeGreaterThanOrEqual(live);
        }
      }),
    );
  });

  test("memory of a dead buffer is used again", () => {
    const make = (first: number, last: number): Buffer => ({ segment: 0, bytes: 8, first, last, offset: -1 });
    const chain = Array.from({ length: 10 }, (_, i) => make(i, i + 1));
    expect(placeBuffers(chain)).toBe(16);
  });
});
