import { describe, expect, test } from "bun:test";
import { type TinyOptions, tinyCheckpoint } from "@realizar/testing";
import { ARCHITECTURES } from "../src/index.ts";
import fixture from "./fixtures/llama-cpp.json";
import { logProbabilities, type Outputs, outputsOf } from "./run.ts";

/** What llama.cpp made of a tiny checkpoint: likeliest next tokens, or a pooled vector of length 1. */
interface Recorded {
  readonly architecture: string;
  readonly options: TinyOptions;
  readonly logProbabilities?: readonly { position: number; top: readonly (readonly [number, number])[] }[];
  readonly embedding?: readonly number[];
}

/** ggml's GELU is a table of halves, and BERT's is its tanh form; its encoders keep values as halves. */
const TOLERANCES: Readonly<Record<string, number>> = {
  bert: 1e-3,
  gemma: 5e-3,
  gemma2: 5e-3,
  gemma3: 5e-3,
  "nomic-bert": 3e-4,
};

const models = fixture.models as unknown as Readonly<Record<string, Recorded>>;

function pooled(architecture: string, { rows, columns }: Outputs): number[] {
  const vector =
    architecture === "bert"
      ? [...rows[0]!]
      : Array.from({ length: columns }, (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

describe(`the numbers of ${fixture.source}`, () => {
  for (const [name, { architecture, options, ...recorded }] of Object.entries(models)) {
    const tolerance = TOLERANCES[architecture] ?? 2e-5;
    test(`${name}: within ${tolerance}`, async () => {
      const outputs = await outputsOf(tinyCheckpoint(architecture, options), fixture.tokens);
      const errors = [
        ...(recorded.logProbabilities ?? []).flatMap(({ position, top }) => {
          const ours = logProbabilities(outputs.rows[position]!);
          return top.map(([id, theirs]) => Math.abs(ours[id]! - theirs));
        }),
        ...(recorded.embedding ?? []).map((theirs, i) =>
          Math.abs(pooled(architecture, outputs)[i]! - theirs),
        ),
      ];
      expect(errors.length).toBeGreaterThan(0);
      expect(Math.max(...errors)).toBeLessThan(tolerance);
    });
  }
});

test("every architecture was recorded", () => {
  const recorded = new Set(Object.values(models).map(({ architecture }) => architecture));
  expect([...recorded].sort()).toEqual([...ARCHITECTURES].sort());
});
