/**
 * Runs one model file through several engines and numbers of threads in turn, A B A B, and prints the medians and their
 * ratios.
 *
 *   bun bench/peers/compare.ts FILE [--engines realizar,node-llama-cpp,wllama] [--threads 1,2] [-r 5] [-o table|json]
 *     [-p 128,512] [-n 32] [-d 0,2000]
 */
import { statSync } from "node:fs";
import { totalmem } from "node:os";
import { parseArgs } from "node:util";
import { contextOf, speedTests } from "../../apps/cli/src/speed.ts";
import { type Machine, machine } from "../machine.ts";
import type { PeerEngine } from "./engine.ts";
import { installPeers } from "./install.ts";
import { startPeer } from "./remote-peer.ts";

const ENGINES = ["realizar", "node-llama-cpp", "wllama"] as const;

interface Line {
  readonly test: string;
  /** A number of threads, or two whose ratio the figures are. */
  readonly threads: string;
  readonly unit: "tokens/s" | "s" | "GB" | "x";
  /** By engine: the median, and all that was measured. */
  readonly engines: Readonly<Record<string, { median: number; values: readonly number[] }>>;
}

interface Comparison {
  readonly machine: Machine;
  readonly file: string;
  readonly fileBytes: number;
  readonly lines: readonly Line[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engines: { type: "string", default: ENGINES.join(",") },
    threads: { type: "string", short: "t", default: "1,2" },
    repetitions: { type: "string", short: "r", default: "5" },
    output: { type: "string", short: "o", default: "table" },
    prompts: { type: "string", short: "p", default: "128,512" },
    decodes: { type: "string", short: "n", default: "32" },
    depths: { type: "string", short: "d", default: "0,2000" },
  },
});
const [file] = positionals;
const engines = values.engines.split(",");
const unknown = engines.find((engine) => !ENGINES.includes(engine as never));
if (file === undefined || unknown !== undefined) {
  if (unknown !== undefined) console.error(`unknown engine ${unknown}: ${ENGINES.join(", ")}`);
  console.error(
    "usage: bun bench/peers/compare.ts FILE [--engines a,b] [--threads 1,2] [-r 5] [-o table|json]",
  );
  process.exit(2);
}
const numbers = (text: string) => text.split(",").map(Number);

installPeers();
const before = machine();
await Bun.file(file).stream().pipeTo(new WritableStream()); // the file is in the page cache for everyone
const threadCounts = numbers(values.threads);
const fileBytes = statSync(file).size;
const held = fileBytes * engines.length * threadCounts.length;
const lines =
  held < totalmem() / 2
    ? await compareAt(file, threadCounts)
    : (await Array.fromAsync(threadCounts, (threads) => compareAt(file, [threads]))).flat();
const comparison: Comparison = { machine: before, file, fileBytes, lines };
console.log(values.output === "json" ? JSON.stringify(comparison) : asTable(comparison));

/**
 * All tests, with every engine and number of threads in turn. The engines stay loaded; while one computes the others wait.
 * Where there are several numbers of threads, also what each gives against the first, round by round.
 */
async function compareAt(path: string, counts: readonly number[]): Promise<Line[]> {
  // Prompts are measured in an empty context only.
  const tests = speedTests(numbers(values.prompts), numbers(values.decodes), numbers(values.depths)).filter(
    ({ kind, depth }) => kind === "decode" || depth === 0,
  );
  const contextSize = Math.ceil((contextOf(tests) + 8) / 256) * 256;
  const subjects: { engine: string; threads: number; peer: PeerEngine }[] = [];
  try {
    for (const threads of counts) {
      for (const engine of engines) {
        console.error(`${engine}: loading with ${threads} threads`);
        subjects.push({
          engine,
          threads,
          peer: await startPeer(engine, { file: path, threads, contextSize }),
        });
      }
    }
    const found: Line[] = [];
    for (const { name, ...test } of tests) {
      const speeds = new Map(subjects.map((subject) => [subject, [] as number[]]));
      for (let i = -1; i < Number(values.repetitions); i++) {
        for (const subject of subjects) {
          const speed = await subject.peer.run({ name, ...test });
          if (i >= 0) speeds.get(subject)!.push(speed);
        }
      }
      const of = (threads: number) =>
        new Map([...speeds].filter(([s]) => s.threads === threads).map(([s, all]) => [s.engine, all]));
      const [first, ...others] = counts;
      for (const threads of counts) found.push(line(name, String(threads), "tokens/s", of(threads)));
      for (const threads of others) {
        const base = of(first!);
        const gains = [...of(threads)].map(
          ([engine, all]) => [engine, all.map((speed, i) => speed / base.get(engine)![i]!)] as const,
        );
        found.push(line(name, `${threads} : ${first}`, "x", new Map(gains)));
      }
      console.error(`${name}: done`);
    }
    for (const threads of counts) {
      const mine = subjects.filter((subject) => subject.threads === threads);
      const one = async (figure: (peer: PeerEngine) => number | Promise<number>) =>
        new Map(await Promise.all(mine.map(async (s) => [s.engine, [await figure(s.peer)]] as const)));
      found.push(line("load", String(threads), "s", await one(({ loadSeconds }) => loadSeconds)));
      const rss = await one(async (peer) => (await peer.peakRssBytes()) / 1e9);
      found.push(line("peak RSS", String(threads), "GB", rss));
    }
    return found;
  } finally {
    for (const { peer } of subjects) await peer.close();
  }
}

function line(
  test: string,
  threads: string,
  unit: Line["unit"],
  measured: ReadonlyMap<string, readonly number[]>,
): Line {
  const entries = [...measured].map(([name, all]) => [name, { median: median(all), values: all }] as const);
  return { test, threads, unit, engines: Object.fromEntries(entries) };
}

function median(all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function asTable({ machine: on, file: path, fileBytes, lines: all }: Comparison): string {
  const [first, ...others] = engines;
  const head = ["test", "threads", ...engines, ...others.map((name) => `${first} : ${name}`)];
  const rows = all.map(({ test, threads, unit, engines: figures }) => [
    test,
    threads,
    ...engines.map((name) => `${spread(figures[name]!.values)} ${unit}`),
    ...others.map((name) => (figures[first!]!.median / figures[name]!.median).toFixed(2)),
  ]);
  const widths = head.map((text, i) => Math.max(text.length, ...rows.map((row) => row[i]!.length)));
  const print = (row: readonly string[]) => row.map((cell, i) => cell.padStart(widths[i]!)).join("  ");
  return [
    `${path} (${(fileBytes / 1e9).toFixed(2)} GB), ${on.cpu}, ${on.runtime}, load ${on.load.toFixed(1)}, ${on.time}`,
    print(head),
    ...rows.map(print),
  ].join("\n");
}

/** The median, and the range where there is one. */
function spread(all: readonly number[]): string {
  const digits = (value: number) => value.toFixed(value < 10 ? 2 : 1);
  const range = all.length > 1 ? ` (${digits(Math.min(...all))}-${digits(Math.max(...all))})` : "";
  return digits(median(all)) + range;
}
