import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { BenchResult } from "../../src/commands/bench.ts";
import { cli, temporaryFolder, tinyModel } from "../cli.ts";

const folder = temporaryFolder();
let model = "";
beforeAll(async () => {
  model = await tinyModel(folder.path);
});
afterAll(folder.remove);

const bench = (...flags: string[]) => cli(["bench", model, "-r", "2", ...flags]);

describe("bench", () => {
  test("JSON is one array with each test at each number of threads", async () => {
    const { status, out, err } = await bench(
      ..."-p 3,20 -n 2 -d 30,0 -t 1,2 -o json --kv-type q8_0".split(" "),
    );
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const results: BenchResult[] = JSON.parse(out);
    const tests = ["pp3", "pp20", "tg2", "pp3@d30", "pp20@d30", "tg2@d30"];
    expect(results.map(({ test }) => test)).toEqual([...tests, ...tests]);
    expect(results.map(({ threads }) => threads)).toEqual([...tests.map(() => 1), ...tests.map(() => 2)]);
    for (const result of results) {
      expect(Object.keys(result)).toEqual([
        "test",
        "threads",
        "tokensPerSecond",
        "stddev",
        "loadSeconds",
        "peakRssBytes",
      ]);
      expect(result.tokensPerSecond).toBeGreaterThan(0);
      expect(result.stddev).toBeGreaterThanOrEqual(0);
      expect(result.loadSeconds).toBeGreaterThan(0);
      expect(result.peakRssBytes).toBeGreaterThan(2 ** 20);
    }
  });

  test("the table has a line for each", async () => {
    const { out } = await bench(..."-p 4 -n 3 -t 1".split(" "));
    const [title, head, ...rows] = out.trimEnd().split("\n");
    expect(title).toMatch(/^tiny: llama, [\d.]+ kB$/);
    expect(head).toMatch(/^test +threads +tokens\/s +load +peak RSS$/);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/^pp4 +1 +[\d.]+ ± [\d.]+ +[\d.]+ s +[\d.]+ [MG]B$/);
    expect(rows[1]).toStartWith("tg3 ");
  });

  test("a test beyond the model's context is refused by name", async () => {
    const { status, err } = await bench(..."-p 200 -n 1 -d 100".split(" "));
    expect(status).toBe(2);
    expect(err).toBe(
      "realizar: pp200@d100 needs 300 tokens of context and the model has 256: give smaller -p, -n or -d\n",
    );
  });

  test("nothing to measure is a mistake", async () => {
    const { status, err } = await bench("-p", "0", "-n", "0");
    expect(status).toBe(2);
    expect(err).toContain("nothing to measure");
  });

  test("stops at an interruption", async () => {
    const signal = AbortSignal.abort(new Error("interrupted"));
    const { status, out } = await cli(["bench", model, "-o", "json"], { signal });
    expect({ status, out }).toEqual({ status: 130, out: "" });
  });

  test.each(["1,,2", "a", "-1", "1.5"])("lengths of %p are refused", async (lengths) => {
    const { status, err } = await bench(`-p${lengths}`);
    expect(status).toBe(2);
    expect(err).toContain("whole number");
  });
});
