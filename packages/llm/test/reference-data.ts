import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Folder of real models and reference outputs; suites that need it skip where it is absent. */
export const DATA = process.env.REALIZAR_TEST_DATA ?? join(import.meta.dirname, "../../../../shared/data");
export const hasData = existsSync(join(DATA, "README.md"));

export function dataPath(name: string): string {
  return join(DATA, name);
}

export function json<T>(name: string): T {
  return JSON.parse(readFileSync(dataPath(name), "utf8")) as T;
}

/** What llama.cpp answered: after token `pos`, the likeliest next tokens with natural log-probabilities. */
export interface Expected {
  readonly tokens: number[];
  readonly top_logprobs: { readonly pos: number; readonly top: [number, number][] }[];
}

/** Largest and mean distance of a model's log-probabilities from the expected ones. */
export function distance(expected: Expected, rows: [number, number][][]): { max: number; mean: number } {
  let max = 0;
  let sum = 0;
  let count = 0;
  for (const { pos, top } of expected.top_logprobs) {
    const found = new Map(rows[pos]);
    for (const [id, logprob] of top) {
      const apart = Math.abs((found.get(id) ?? Number.NaN) - logprob);
      max = Math.max(max, apart);
      sum += apart;
      count++;
    }
  }
  return { max, mean: sum / count };
}
