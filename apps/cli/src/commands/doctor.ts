import { type Hub, HubError } from "@realizar/hub";
import type { Io } from "../io.ts";
import { freeDiskBytes, type Machine, readMachine } from "../machine.ts";
import { bytesText } from "../progress.ts";
import { type Environment, hubOf } from "../resolve-model.ts";
import { contextOf, openSubject, speedTests } from "../speed.ts";
import { VERSION } from "../version.ts";
import type { LocatedModel } from "./load-model.ts";

export interface DoctorFlags {
  /** Measure nothing. */
  readonly quick?: boolean;
  readonly format: "text" | "json";
}

/** What the hub's cache holds. */
interface Models {
  readonly folder: string;
  readonly count: number;
  readonly bytes: number;
  readonly freeDiskBytes: number | undefined;
}

/** Why there is no such cache. */
interface NoModels {
  readonly problem: string;
}

interface Speed {
  readonly model: string;
  readonly loadMs: number;
  /** Tokens a second of a prompt of 64 and of 32 tokens one by one: the best of three. */
  readonly promptTokensPerSecond: number;
  readonly tokensPerSecond: number;
}

/** Tells what the machine and the runtime offer, measures a short run, and says what would be faster. */
export async function doctor(
  io: Io,
  environment: Environment,
  probe: { readonly name: string; load(): Promise<LocatedModel> },
  flags: DoctorFlags,
): Promise<void> {
  const machine = readMachine();
  const models = await readModels(environment);
  const speed = flags.quick ? undefined : await measure(io, probe.name, await probe.load());
  const advice = adviceFor(machine, models);
  if (flags.format === "json") {
    io.out(`${JSON.stringify({ version: VERSION, ...machine, models, speed, advice })}\n`);
    return;
  }
  const { bold, accent } = io.outStyle;
  io.out(`${bold(`realizar ${VERSION}`)}\n\n`);
  for (const [name, value] of rows(machine, models, speed)) io.out(`  ${name.padEnd(10)}  ${value}\n`);
  if (advice.length === 0) {
    io.out("\nNothing stands in the way of full speed.\n");
    return;
  }
  io.out(`\n${bold("What would help")}\n\n`);
  for (const text of advice) io.out(`${wrapped(`${accent("*")} ${text}`, 2)}\n`);
}

async function readModels(environment: Environment): Promise<Models | NoModels> {
  let hub: Hub;
  try {
    hub = await hubOf(environment);
  } catch (error) {
    if (error instanceof HubError) return { problem: error.message };
    throw error;
  }
  const folder = hub.settings.cacheDir;
  const models = await hub.list();
  return {
    folder,
    count: models.length,
    bytes: models.reduce((sum, { bytes }) => sum + bytes, 0),
    freeDiskBytes: await freeDiskBytes(folder),
  };
}

async function measure(io: Io, name: string, model: LocatedModel): Promise<Speed> {
  const tests = speedTests([64], [32], [0]);
  const subject = await openSubject(model, { contextSize: contextOf(tests), signal: io.signal });
  try {
    const best = tests.map(() => 0);
    for (let i = 0; i < 4; i++) {
      for (const [at, test] of tests.entries()) {
        const seconds = await subject.run(test);
        // The first run warms the kernels up.
        if (i > 0) best[at] = Math.max(best[at]!, test.tokens / seconds);
      }
    }
    const [promptTokensPerSecond = 0, tokensPerSecond = 0] = best;
    return { model: name, loadMs: subject.loadSeconds * 1000, promptTokensPerSecond, tokensPerSecond };
  } finally {
    subject.close();
  }
}

function rows(machine: Machine, models: Models | NoModels, speed: Speed | undefined): [string, string][] {
  const { simd, memory } = machine.kernels;
  const count = (n: number, one: string) => `${n} ${one}${n === 1 ? "" : "s"}`;
  const rate = (value: number) => Math.round(value).toLocaleString("en-US");
  return [
    ["runtime", `${machine.runtime} ${machine.runtimeVersion}, ${machine.platform}`],
    ["kernels", simd === "relaxed" ? "relaxed SIMD" : "plain SIMD"],
    ["memory", memory === "threads" ? "shared between threads" : "not shared: one thread"],
    [
      "processor",
      `${machine.processor}, ${count(machine.threads, "core")} (${machine.logicalCores} logical)`,
    ],
    ["threads", `${machine.threads} by default; -t sets another number`],
    ["RAM", `${bytesText(machine.memoryBytes)}, ${bytesText(machine.freeMemoryBytes)} free`],
    ...("problem" in models
      ? ([["models", "none can be kept"]] satisfies [string, string][])
      : ([
          ["models", models.folder],
          ["", `${count(models.count, "model")}, ${bytesText(models.bytes)}${freeText(models)}`],
        ] satisfies [string, string][])),
    ...(speed === undefined
      ? []
      : ([
          [
            "speed",
            `${speed.model}: ${rate(speed.promptTokensPerSecond)} tokens/s of prompt, ${rate(speed.tokensPerSecond)} tokens/s of answer`,
          ],
          ["", `loaded in ${Math.round(speed.loadMs)} ms`],
        ] satisfies [string, string][])),
  ];
}

const freeText = ({ freeDiskBytes }: Models) =>
  freeDiskBytes === undefined ? "" : `, ${bytesText(freeDiskBytes)} free there`;

/** Memory below which a model of a billion parameters in 4 bits has no room. */
const LITTLE_MEMORY = 1e9;
/** Disk below which such a model cannot be pulled. */
const LITTLE_DISK = 2e9;

/** What holds, and what to do about it. */
const ADVICE: readonly ((machine: Machine, models: Models | NoModels) => string | undefined)[] = [
  ({ kernels, runtime, runtimeVersion }) =>
    kernels.simd === "relaxed"
      ? undefined
      : `${runtime} ${runtimeVersion} has no relaxed SIMD, which makes prompts and answers of quantized models faster: use Node 22 or later, or Bun.`,
  ({ kernels }) =>
    kernels.memory === "threads"
      ? undefined
      : "Memory cannot be shared between threads here, so one thread does all the work.",
  ({ threads }) =>
    threads > 1 ? undefined : "There is one core. Prompts gain most from more, and answers some.",
  ({ coreQuota, threads }) =>
    coreQuota === undefined || coreQuota >= threads
      ? undefined
      : `This container may use ${coreQuota.toFixed(1)} cores, fewer than the ${threads} threads that are the default, which then wait for each other: give -t ${Math.max(1, Math.floor(coreQuota))}, or give it more.`,
  ({ freeMemoryBytes }) =>
    freeMemoryBytes >= LITTLE_MEMORY
      ? undefined
      : `Only ${bytesText(freeMemoryBytes)} of memory are free. realizar info MODEL tells what a model needs; --kv-type q8_0 and a smaller --ctx-size need less.`,
  (_, models) => {
    if ("problem" in models) return `No model can be pulled: ${models.problem}.`;
    const { freeDiskBytes, folder } = models;
    return freeDiskBytes === undefined || freeDiskBytes >= LITTLE_DISK
      ? undefined
      : `Only ${bytesText(freeDiskBytes)} of disk are free at ${folder}: free some, or set HF_HUB_CACHE to another place.`;
  },
];

export function adviceFor(machine: Machine, models: Models | NoModels): string[] {
  return ADVICE.map((advise) => advise(machine, models)).filter((text) => text !== undefined);
}

const WIDTH = 80;

/** Breaks a text at spaces into lines of at most 80 columns, all but the first indented. */
function wrapped(text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour marks take no column
    const columns = (s: string) => s.replace(/\x1b\[\d+m/g, "").length;
    if (line !== "" && columns(line) + 1 + columns(word) > WIDTH) {
      lines.push(line);
      line = " ".repeat(indent) + word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
