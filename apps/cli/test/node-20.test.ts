import { describe, expect, test } from "bun:test";
import { fillIn } from "../src/node-20.ts";

type Filled = {
  Promise: { withResolvers(): PromiseWithResolvers<number> };
  Set: { prototype: { union(other: Set<number>): Set<number>; isSubsetOf(other: Set<number>): boolean } };
};

describe("what Node 20 lacks", () => {
  const old = { Promise: {}, Set: { prototype: {} } };
  fillIn(old);
  const filled = old as unknown as Filled;

  test("is as in the runtimes that have it", async () => {
    const [first, second] = [filled.Promise.withResolvers(), filled.Promise.withResolvers()];
    first.resolve(1);
    second.reject(new Error("no"));
    expect(await first.promise).toBe(1);
    expect(second.promise).rejects.toThrow("no");
    const { union, isSubsetOf } = filled.Set.prototype;
    for (const a of [new Set<number>(), new Set([1]), new Set([1, 2])])
      for (const b of [new Set<number>(), new Set([1]), new Set([2, 3])]) {
        expect(union.call(a, b)).toEqual(a.union(b));
        expect(isSubsetOf.call(a, b)).toBe(a.isSubsetOf(b));
      }
  });

  test("is left alone where it is there", () => {
    const before = [Promise.withResolvers, Set.prototype.union, Set.prototype.isSubsetOf];
    fillIn({ Promise, Set });
    expect([Promise.withResolvers, Set.prototype.union, Set.prototype.isSubsetOf]).toEqual(before);
  });
});
