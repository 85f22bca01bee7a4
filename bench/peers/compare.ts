/**
 * Runs one model file through several engines in turn, A B A B, and prints the medians and their ratios.
 *
 *   bun bench/peers/compare.ts FILE [--engines realizar,node-llama-cpp,wllama] [--threads 1,2] [-r 5] [-o table|json]
 *     [-p 128,512] [-n 32] [-d 0,2000]
 */
import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { contextOf, speedTests } from "../../apps/cli/src/speed.ts";
import { type Machine, machine } from "../machine.ts";
import type { PeerEngine } from "./engine.ts";
import { installPeers } from "./install.ts";
import { startPeer } from "./remote-peer.ts";

const ENGINES = ["realizar", "node-llama-cpp", "wllama"] as const;

interface Line {
  readonly test: string;
  readonly threads: number;
  readonly unit: "tokens/s" | "s" | "GB";
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
const lines: Line[] = [];
for (const threads of numbers(values.threads)) lines.push(...(await compareAt(file, threads)));
const comparison: Comparison = { machine: before, file, fileBytes: statSync(file).size, lines };
console.log(values.output === "json" ? JSON.stringify(comparison) : asTable(comparison));

/** All tests with one number of threads. The engines stay loaded; while one computes the others wait. */
async function compareAt(path: string, threads: number): Promise<Line[]> {
  // Prompts are measured in an empty context only.
  const tests = speedTests(numbers(values.prompts), numbers(values.decodes), numbers(values.depths)).filter(
    ({ kind, depth }) => kind === "decode" || depth === 0,
  );
  const contextSize = Math.ceil((contextOf(tests) + 8) / 256) * 256;
  const peers = new Map<string, PeerEngine>();
  try {
    for (const engine of engines) {
      console.error(`${engine}: loading with ${threads} threads`);
      peers.set(engine, await startPeer(engine, { file: path, threads, contextSize }));
    }
    const found: Line[] = [];
    for (const { name, ...test } of tests) {
      const measured = new Map(engines.map((engine) => [engine, [] as number[]]));
      for (let i = -1; i < Number(values.repetitions); i++) {
        for (const [engine, peer] of peers) {
          const speed = await peer.run({ name, ...test });
          if (i >= 0) measured.get(engine)!.push(speed);
        }
      }
      found.push(line(name, threads, "tokens/s", measured));
      console.error(`${name}, ${threads} threads: done`);
    }
    const one = async (figure: (peer: PeerEngine) => number | Promise<number>) =>
      new Map(
        await Promise.all([...peers].map(async ([name, peer]) => [name, [await figure(peer)]] as const)),
      );
    found.push(line("load", threads, "s", await one(({ loadSeconds }) => loadSeconds)));
    found.push(line("peak RSS", threads, "GB", await one(async (peer) => (await peer.peakRssBytes()) / 1e9)));
    return found;
  } finally {
    for (const peer of peers.values()) await peer.close();
  }
}

function line(
  test: string,
  threads: number,
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
    String(threads),
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
