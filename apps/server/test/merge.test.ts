import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createGate } from "../src/gate.ts";
import { merge } from "../src/merge.ts";

async function* from<T>(values: readonly T[], onEnd: () => void = () => {}): AsyncGenerator<T> {
  try {
    for (const value of values) {
      await Promise.resolve();
      yield value;
    }
  } finally {
    onEnd();
  }
}

describe("merge", () => {
  test("gives every source's values in that source's order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat(), { maxLength: 5 }), { maxLength: 5 }), async (sources) => {
        const got: number[][] = sources.map(() => []);
        for await (const [index, value] of merge(sources.map((values) => from(values))))
          got[index]!.push(value);
        expect(got).toEqual(sources);
      }),
      { numRuns: 50 },
    );
  });

  test("tells the others to return where one throws or the reader leaves", async () => {
    let ended = 0;
    const end = () => void ended++;
    async function* torn(): AsyncGenerator<number> {
      yield 1;
      throw new Error("torn");
    }
    const all = async () => {
      for await (const _ of merge([torn(), from([1, 2, 3, 4, 5, 6, 7], end)]));
    };
    expect(all()).rejects.toThrow("torn");
    await all().catch(() => {});
    for await (const _ of merge([from([1, 2], end), from([3, 4], end)])) break;
    await Bun.sleep(0);
    expect(ended).toBe(4);
  });
});

describe("the gate", () => {
  test("holds at most its limit, and tells when it is empty", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.boolean()), async (limit, steps) => {
        const gate = createGate(limit);
        const leaves: (() => void)[] = [];
        for (const enters of steps) {
          if (!enters) leaves.pop()?.();
          else if (leaves.length < limit) leaves.push(gate.enter());
          else expect(() => gate.enter()).toThrow("try again later");
          expect(gate.inside()).toBe(leaves.length);
        }
        let idle = false;
        const waiting = gate.idle().then(() => {
          idle = true;
        });
        await Promise.resolve();
        expect(idle).toBe(leaves.length === 0);
        for (const leave of leaves) {
          leave();
          leave();
        }
        await waiting;
        expect(gate.inside()).toBe(0);
      }),
    );
  });
});
