import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cli, DATA, STACK } from "./cli.ts";

const present = existsSync(join(DATA, "stories260K"));
const reason = present ? "" : ` (skipped: no test data at ${DATA})`;
const at = (...names: string[]) => join(DATA, ...names);
const text = (...names: string[]) => readFileSync(at(...names), "utf8");
const GREEDY = ["Once upon a time", "-t", "1", "-n", "200", "--temperature", "0"];

describe.skipIf(!present)(`run equals llama.cpp${reason}`, () => {
  for (const model of ["stories260K-f32.gguf", "hf"]) {
    test(`all 200 tokens of ${model}`, async () => {
      const { status, out } = await cli(["run", at("stories260K", model), ...GREEDY]);
      expect(status).toBe(0);
      expect(out).toBe(`${text("stories260K", "greedy-f32.txt")}\n`);
    });
  }

  for (const [type, least] of [
    ["q8_0", 100],
    ["q4_0", 30],
  ] as const) {
    test(`the first ${least} tokens of ${type}`, async () => {
      const expected = JSON.parse(text("stories260K", "greedy-tokens.json"))[type] as number[];
      const { out } = await cli([
        "run",
        at("stories260K", `stories260K-${type}.gguf`),
        ...GREEDY,
        "--format",
        "json",
      ]);
      expect(JSON.parse(out).token_ids.slice(0, least)).toEqual(expected.slice(0, least));
    });
  }
});

describe.skipIf(!present)(`perplexity of botchan equals llama.cpp's${reason}`, () => {
  for (const [type, expected, share] of [
    ["f32", 179.0611, 0.001],
    ["q8_0", 180.6143, 0.01],
    ["q4_0", 196.0905, 0.02],
  ] as const) {
    test(`${type} within ${share * 100} %`, async () => {
      const { out } = await cli([
        "perplexity",
        at("stories260K", `stories260K-${type}.gguf`),
        "--file",
        at("text", "botchan.txt"),
        ...["-t", "1", "--context", "256", "--chunks", "20", "--format", "json"],
      ]);
      const { perplexity, tokens } = JSON.parse(out);
      expect(tokens).toBe(2540);
      expect(Math.abs(perplexity / expected - 1)).toBeLessThan(share);
    });
  }
});

/** Exit statuses that a verdict of cases.json allows. */
const ALLOWED: Readonly<Record<string, readonly number[]>> = {
  accept: [0],
  "accept-parse": [0],
  reject: [1],
  "reject-load": [0, 1],
  either: [0, 1],
};

interface Case {
  readonly file: string;
  readonly expect?: string;
  /** The reference library's verdict. */
  readonly safetensors_0_8_0?: string;
}

function allowedStatuses({ expect: verdict, safetensors_0_8_0: reference }: Case): readonly number[] {
  if (verdict !== undefined) return ALLOWED[verdict]!;
  return reference?.startsWith("accepts") ? [0] : [1];
}

describe.skipIf(!present)(`info on files of all kinds of badness${reason}`, () => {
  const bad = at("bad");
  for (const folder of present ? readdirSync(bad) : []) {
    test(folder, async () => {
      const list = join(bad, folder, "cases.json");
      const cases = existsSync(list) ? (JSON.parse(readFileSync(list, "utf8")) as Case[]) : [];
      const verdicts = new Map(cases.map((entry) => [entry.file, allowedStatuses(entry)]));
      const files = readdirSync(join(bad, folder)).filter((name) => name !== "cases.json");
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        const { status, out, err } = await cli(["info", join(bad, folder, file)]);
        if (!(verdicts.get(file) ?? [0, 1]).includes(status))
          throw new Error(`${file}: exit ${status}: ${err}`);
        expect(out + err).not.toMatch(STACK);
        if (status === 1) expect(err).toMatch(/^realizar: [^\n]+\n$/);
      }
    });
  }
});
