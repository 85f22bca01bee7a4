/**
 * How far log-probabilities lie from the exact result of the same file (float64 over the dequantized weights), ours and
 * llama.cpp's, over the tokens and alternatives of its published outputs.
 *
 *   bun bench/accuracy.ts [--data ../shared/data] [--kv-type f32|q16] [-o table|json]
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load } from "@realizar/llm";
import type { KvType } from "@realizar/tensor";

interface Expected {
  readonly tokens: number[];
  readonly top_logprobs: { readonly pos: number; readonly top: [number, number][] }[];
}

type Rows = Map<number, number>[];

/** Log-probabilities of every token after each position. */
async function logprobs(model: string, tokens: number[], backend: "wasm" | "reference"): Promise<Rows> {
  const kvType = backend === "reference" ? "f32" : (values["kv-type"] as KvType);
  await using llm = await load(model, { backend, threads: 1, kvType });
  const rows = await llm.evaluate(tokens, { topLogprobs: llm.tokenizer.vocabSize });
  return rows.map((row) => new Map(row));
}

const apart = (
  expected: Expected,
  a: (pos: number, id: number, logprob: number) => number,
  b: (pos: number, id: number, logprob: number) => number,
) => {
  let max = 0;
  let sum = 0;
  let count = 0;
  for (const { pos, top } of expected.top_logprobs) {
    for (const [id, logprob] of top) {
      const distance = Math.abs(a(pos, id, logprob) - b(pos, id, logprob));
      max = Math.max(max, distance);
      sum += distance;
      count++;
    }
  }
  return { max, mean: sum / count };
};

const { values } = parseArgs({
  options: {
    data: { type: "string", default: join(import.meta.dirname, "../../shared/data") },
    output: { type: "string", short: "o", default: "table" },
    "kv-type": { type: "string", default: "f32" },
  },
});
const folder = join(values.data, "quantizations");
const files = readdirSync(folder)
  .filter((file) => file.endsWith(".expected.json"))
  .map((file) => file.replace(".expected.json", ""));
const cases = [
  ...files.map((name) => ({
    name,
    model: join(folder, `${name}.gguf`),
    expected: join(folder, `${name}.expected.json`),
  })),
  ...["f32", "q8_0", "q4_0", "q4_k_m"].map((name) => {
    const base = join(values.data, "stories260K", `stories260K-${name}`);
    return { name: `stories260K ${name}`, model: `${base}.gguf`, expected: `${base}.expected.json` };
  }),
];
const rows = [];
for (const { name, model, expected: file } of cases) {
  const expected = JSON.parse(readFileSync(file, "utf8")) as Expected;
  const ours = await logprobs(model, expected.tokens, "wasm");
  const exact = await logprobs(model, expected.tokens, "reference");
  const at = (from: Rows) => (pos: number, id: number) => from[pos]?.get(id) ?? Number.NaN;
  const theirs = (_pos: number, _id: number, logprob: number) => logprob;
  const fromExact = apart(expected, at(ours), at(exact));
  const llamaFromExact = apart(expected, theirs, at(exact));
  const fromLlama = apart(expected, at(ours), theirs);
  rows.push({ name, fromExact, llamaFromExact, fromLlama, ratio: fromExact.mean / llamaFromExact.mean });
}
if (values.output === "json") {
  console.log(JSON.stringify(rows));
} else {
  console.log(
    "| file | ours from exact, mean (max) | llama.cpp from exact, mean (max) | ratio of means | ours from llama.cpp, mean (max) |\n| --- | --- | --- | --- | --- |",
  );
  const pair = ({ mean, max }: { mean: number; max: number }) => `${mean.toFixed(5)} (${max.toFixed(4)})`;
  for (const { name, fromExact, llamaFromExact, fromLlama, ratio } of rows) {
    console.log(
      `| ${name} | ${pair(fromExact)} | ${pair(llamaFromExact)} | ${ratio.toFixed(2)} | ${pair(fromLlama)} |`,
    );
  }
}
