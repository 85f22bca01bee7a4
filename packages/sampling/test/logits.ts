import fc from "fast-check";

/** Random finite 32-bit logits with many ties, zeros of both signs included. */
export const logitsArbitrary = (minLength = 1, maxLength = 200): fc.Arbitrary<Float32Array> =>
  fc
    .array(
      fc.oneof(
        fc.float({ min: -30, max: 30, noNaN: true }),
        fc.integer({ min: -3, max: 3 }),
        fc.constant(-0),
      ),
      { minLength, maxLength },
    )
    .map((values) => Float32Array.from(values));

/** Ids by descending logit, equal ones ascending: the specification of every selection. */
export function rank(logits: ArrayLike<number>): number[] {
  return Array.from(logits, (_, id) => id).sort((a, b) => logits[b]! - logits[a]! || a - b);
}

/** Softmax in double precision. */
export function softmax(logits: ArrayLike<number>): number[] {
  const max = Math.max(...Array.from(logits));
  const weights = Array.from(logits, (l) => Math.exp(l - max));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}
