import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { adviceFor } from "../../src/commands/doctor.ts";
import type { Machine } from "../../src/machine.ts";
import { cli, temporaryFolder, tinyModel } from "../cli.ts";

const folder = temporaryFolder();
let model = "";
beforeAll(async () => {
  model = await tinyModel(folder.path);
});
afterAll(folder.remove);
const environment = { HOME: folder.path, HF_HUB_CACHE: `${folder.path}/hub` };

describe("doctor", () => {
  test("tells the machine, within 80 columns", async () => {
    const { status, out, err } = await cli(["doctor", model], { environment });
    expect({ status, err }).toEqual({ status: 0, err: "" });
    for (const name of ["runtime", "kernels", "memory", "processor", "threads", "RAM", "models", "speed"])
      expect(out).toMatch(new RegExp(`^ {2}${name} +\\S`, "m"));
    expect(out).toContain(`Bun ${Bun.version}`);
    expect(out).toContain("0 models, 0 B");
    expect(out).toMatch(/[\d,]+ tokens\/s of prompt, [\d,]+ tokens\/s of answer/);
  });

  test("tells the same as JSON; --quick measures nothing", async () => {
    const measured = JSON.parse((await cli(["doctor", model, "--format", "json"], { environment })).out);
    expect(measured.speed.tokensPerSecond).toBeGreaterThan(0);
    expect(measured.models.folder).toBe(environment.HF_HUB_CACHE);
    const quick = JSON.parse((await cli(["doctor", "--quick", "--format", "json"], { environment })).out);
    expect(quick.speed).toBeUndefined();
    expect(quick.runtime).toBe("Bun");
  });

  test("tells also where there is no place for models", async () => {
    const { status, out } = await cli(["doctor", "--quick"]);
    expect(status).toBe(0);
    expect(out).toContain("No model can be pulled: HF_HOME: neither it nor HOME is set");
  });

  const MACHINE: Machine = {
    runtime: "Node",
    runtimeVersion: "24.0.0",
    platform: "linux-x64",
    processor: "one of many",
    logicalCores: 8,
    threads: 4,
    coreQuota: undefined,
    kernels: { simd: "relaxed", memory: "threads" },
    memoryBytes: 16e9,
    freeMemoryBytes: 8e9,
  };
  const MODELS = { folder: "/models", count: 0, bytes: 0, freeDiskBytes: 50e9 };
  const cases: readonly (readonly [string, Partial<Machine>, Partial<typeof MODELS>, RegExp])[] = [
    ["no relaxed SIMD", { kernels: { simd: "simd", memory: "threads" } }, {}, /use Node 22 or later, or Bun/],
    [
      "memory that is not shared",
      { kernels: { simd: "relaxed", memory: "single" } },
      {},
      /one thread does all/,
    ],
    ["one core", { threads: 1 }, {}, /There is one core/],
    ["a container's share", { coreQuota: 1.5 }, {}, /may use 1\.5 cores.*give -t 1/],
    ["little memory", { freeMemoryBytes: 5e8 }, {}, /Only 500\.0 MB of memory are free/],
    ["a full disk", {}, { freeDiskBytes: 1e8 }, /Only 100\.0 MB of disk are free at \/models/],
  ];
  test("has nothing to say where nothing stands in the way", () => {
    expect(adviceFor(MACHINE, MODELS)).toEqual([]);
  });
  for (const [name, machine, models, message] of cases) {
    test(`${name}: says what to do`, () => {
      const advice = adviceFor({ ...MACHINE, ...machine }, { ...MODELS, ...models });
      expect(advice).toHaveLength(1);
      expect(advice[0]).toMatch(message);
    });
  }
});
