import { expect, test } from "bun:test";
import fc from "fast-check";
import { keepHeaviest, orderedKey } from "../src/cut.ts";
import { createCandidates, fillCandidates } from "../src/index.ts";
import { logitsArbitrary, rank } from "./logits.ts";

const bitsOf = (x: number) => new Int32Array(Float32Array.of(x).buffer)[0]!;

test("keys order as floats do", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true }), fc.float({ noNaN: true }), (a, b) => {
      fc.pre(a !== b);
      expect(orderedKey(bitsOf(a)) < orderedKey(bitsOf(b))).toBe(a < b);
    }),
  );
});

test("with arbitrary weights the survivors are the shortest head of the ranking that reaches the target", () => {
  const weighted = fc
    .oneof(logitsArbitrary(1, 60), logitsArbitrary(65, 200))
    .chain((logits) =>
      fc.tuple(
        fc.constant(logits),
        fc.array(fc.nat(8), { minLength: logits.length, maxLength: logits.length }),
        fc.integer({ min: 1, max: 300 }),
      ),
    );
  fc.assert(
    fc.property(weighted, ([logits, weights, target]) => {
      const candidates = createCandidates(logits.length);
      fillCandidates(candidates, logits);
      keepHeaviest(candidates, Float64Array.from(weights), target);
      const expected: number[] = [];
      let reached = 0;
      for (const id of rank(logits)) {
        if (reached >= target) break;
        expected.push(id);
        reached += weights[id]!;
      }
      expect([...candidates.ids.subarray(0, candidates.size)]).toEqual(expected.sort((a, b) => a - b));
    }),
  );
});
