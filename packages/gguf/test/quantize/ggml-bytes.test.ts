import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { type QuantizableType, quantize } from "../../src/index.ts";
import fixture from "../fixtures/ggml-bytes.json";

const LENGTH = 16 * 256;
const COLUMNS = 256;

/** Numbers made without functions that engines round differently. */
function inputs(): Record<string, Float32Array> {
  let state = 12345;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32 - 0.5;
  };
  const bell = () => uniform() + uniform() + uniform() + uniform();
  const of = (value: (i: number) => number) => Float32Array.from({ length: LENGTH }, (_, i) => value(i));
  return {
    bell: of(bell),
    tiny: of(() => bell() * 1e-20),
    large: of(() => bell() * 1e4),
    zeros: of(() => 0),
    positive: of(() => uniform() + 0.5),
    sparse: of(() => (uniform() < -0.45 ? bell() : 0)),
    constant: of(() => 0.375),
    outliers: of((i) => bell() * (i % 97 === 0 ? 64 : 0.03125)),
    whole: of(() => Math.round(bell() * 8)),
  };
}

describe(`the bytes of ${fixture.source}`, () => {
  const numbers = inputs();
  for (const [type, hashes] of Object.entries(fixture.sha256)) {
    test(type, () => {
      const ours = Object.entries(numbers).map(([name, floats]) => {
        const bytes = quantize(type as QuantizableType, floats, COLUMNS);
        return [name, createHash("sha256").update(bytes).digest("hex").slice(0, 16)];
      });
      expect(Object.fromEntries(ours)).toEqual(hashes);
    });
  }
});
