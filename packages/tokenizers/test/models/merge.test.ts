import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { merger } from "../../src/models/merge.ts";

/** Merge rules as a plain list: [left, right, result], best first. */
type Rule = readonly [number, number, number];

/** The definition: rescan for the best pair, leftmost first, until there is none. */
function mergeSlowly(rules: readonly Rule[], symbols: readonly number[]): number[] {
  const line = [...symbols];
  for (;;) {
    let best = -1;
    let bestRank = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < line.length; i++) {
      const rank = rules.findIndex(([left, right]) => left === line[i] && right === line[i + 1]);
      if (rank >= 0 && rank < bestRank) [best, bestRank] = [i, rank];
    }
    if (best < 0) return line;
    line.splice(best, 2, rules[bestRank]![2]);
  }
}

function mergeFast(rules: readonly Rule[], symbols: readonly number[]): { line: number[]; finds: number } {
  let finds = 0;
  const merge = merger({
    find(left, right) {
      finds++;
      return rules.findIndex(([a, b]) => a === left && b === right);
    },
    rank: (rule) => rule,
    result: (rule) => rules[rule]![2],
  });
  const buffer = Int32Array.from(symbols);
  const length = merge(buffer, symbols.length);
  return { line: [...buffer.subarray(0, length)], finds };
}

describe("merger", () => {
  test("agrees with the definition", () => {
    const rule = fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)) as fc.Arbitrary<Rule>;
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 12 }),
        fc.array(fc.nat(5), { maxLength: 40 }),
        (rules, symbols) => {
          expect(mergeFast(rules, symbols).line).toEqual(mergeSlowly(rules, symbols));
        },
      ),
    );
  });

  test("looks at most three pairs up for each symbol, however long the word", () => {
    const rules: Rule[] = Array.from({ length: 12 }, (_, i) => [i, i, i + 1]);
    for (const length of [100, 1000, 20_000]) {
      const { line, finds } = mergeFast(rules, new Array<number>(length).fill(0));
      expect(finds).toBeLessThanOrEqual(3 * length);
      expect(line.reduce((sum, symbol) => sum + 2 ** symbol, 0)).toBe(length);
    }
  });

  test("leaves words of one symbol or none alone", () => {
    expect(mergeFast([[0, 0, 1]], [0]).line).toEqual([0]);
    expect(mergeFast([[0, 0, 1]], []).line).toEqual([]);
  });
});
