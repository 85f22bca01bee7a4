import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PageIntegrityError } from "../src/errors.ts";
import { createPagePool, hashPage, NONE } from "../src/pages.ts";

const pageOf = (token: number) => new Array<number>(16).fill(token);

describe("createPagePool", () => {
  test("gives each page once, then none", () => {
    const pool = createPagePool(3);
    const taken = [pool.take(), pool.take(), pool.take()];
    expect(new Set(taken)).toEqual(new Set([0, 1, 2]));
    expect(pool.take()).toBe(NONE);
    expect(pool.used()).toBe(3);
    pool.checkIntegrity(taken);
    pool.release(taken[1]!);
    expect(pool.available()).toBe(1);
    expect(pool.take()).toBe(taken[1]!);
  });

  test("a sealed page is found by its tokens behind its parent, and only there", () => {
    const pool = createPagePool(4);
    const first = pool.take();
    const second = pool.take();
    expect(pool.seal(first, NONE, pageOf(1), 0)).toBe(first);
    expect(pool.seal(second, first, [...pageOf(1), ...pageOf(2)], 16)).toBe(second);
    expect(pool.find(NONE, pageOf(1), 0)).toBe(first);
    expect(pool.find(first, pageOf(2), 0)).toBe(second);
    expect(pool.find(NONE, pageOf(2), 0)).toBe(NONE);
    expect(pool.find(second, pageOf(2), 0)).toBe(NONE);
    pool.checkIntegrity([first, second]);
  });

  test("sealing content that is known already gives back the known page", () => {
    const pool = createPagePool(2);
    const a = pool.take();
    const b = pool.take();
    pool.seal(a, NONE, pageOf(1), 0);
    expect(pool.seal(b, NONE, pageOf(1), 0)).toBe(a);
    pool.checkIntegrity([a, a]);
    expect(pool.available()).toBe(1);
  });

  test("released pages stay cached until they are the oldest and needed", () => {
    const pool = createPagePool(2);
    const a = pool.take();
    pool.seal(a, NONE, pageOf(1), 0);
    const b = pool.take();
    pool.seal(b, NONE, pageOf(2), 0);
    pool.release(a);
    pool.release(b);
    pool.checkIntegrity([]);
    expect(pool.isCached(a)).toBe(true);
    pool.retain(a); // a is now the younger
    pool.release(a);
    expect(pool.take()).toBe(b);
    expect(pool.find(NONE, pageOf(2), 0)).toBe(NONE);
    expect(pool.find(NONE, pageOf(1), 0)).toBe(a);
    pool.checkIntegrity([b]);
  });

  test("a hash collision is found by comparing tokens: the newcomer stays private", () => {
    const pool = createPagePool(2, () => 7);
    const a = pool.take();
    const b = pool.take();
    pool.seal(a, NONE, pageOf(1), 0);
    expect(pool.find(NONE, pageOf(2), 0)).toBe(NONE);
    expect(pool.seal(b, NONE, pageOf(2), 0)).toBe(NONE);
    pool.checkIntegrity([a, b]);
    pool.release(b);
    expect(pool.isCached(b)).toBe(true);
    pool.checkIntegrity([a]);
  });

  test("releasing once too often and wrong holders are reported", () => {
    const pool = createPagePool(2);
    const a = pool.take();
    expect(() => pool.checkIntegrity([])).toThrow(/page 0 has 1 references, 0 holders/);
    expect(() => pool.checkIntegrity([a, 9])).toThrow(/page 9 is held but does not exist/);
    pool.release(a);
    expect(() => pool.release(a)).toThrow(PageIntegrityError);
  });

  test("the page hash reads its parent and all sixteen tokens", () => {
    fc.assert(
      fc.property(fc.nat(15), fc.integer({ min: 1, max: 9 }), (at, by) => {
        const tokens = pageOf(3);
        const changed = tokens.with(at, 3 + by);
        expect(hashPage(0, changed, 0)).not.toBe(hashPage(0, tokens, 0));
        expect(hashPage(by, tokens, 0)).not.toBe(hashPage(0, tokens, 0));
        expect(hashPage(0, [9, ...tokens], 1)).toBe(hashPage(0, tokens, 0));
      }),
    );
  });
});
