import { measure } from "mitata";
import { type Machine, machine } from "./machine.ts";

/** One thing to measure. */
export interface Bench {
  readonly name: string;
  readonly run: () => unknown;
  /** What one run goes through, for a rate: 128 tokens, 1.1e9 bytes. */
  readonly amount?: readonly [count: number, unit: string];
  /** Published nanoseconds of the Rust original. */
  readonly published?: number;
}

export interface Measured {
  readonly name: string;
  /** Nanoseconds of one run: the median, what 1 and 99 of 100 runs stay above and below of, and the mean. */
  readonly p50: number;
  readonly min: number;
  readonly p99: number;
  readonly mean: number;
  readonly rate?: { readonly perSecond: number; readonly unit: string };
  readonly published?: number;
  /** Published over the median: how many times as fast. */
  readonly speedup?: number;
}

export interface Report {
  readonly machine: Machine;
  readonly question: string;
  readonly results: readonly Measured[];
}

/** Least time of measuring one thing, nanoseconds, and least runs. */
const LEAST = { min_cpu_time: 0.5e9, min_samples: 5 };

/**
 * Measures one after another, what is given as a function made when its turn comes: a table on standard error as it goes, JSON on standard output at
 * the end.
 */
export async function report(question: string, benches: readonly (Bench | (() => Bench))[]): Promise<void> {
  const on = machine();
  const results: Measured[] = [];
  console.error(`${question}\n${on.cpu}, ${on.runtime}, load ${on.load.toFixed(1)}`);
  for (const bench of benches) {
    const { name, run, amount, published } = typeof bench === "function" ? bench() : bench;
    const { p50, min, p99, avg } = await measure(run, LEAST);
    const result: Measured = {
      name,
      p50,
      min,
      p99,
      mean: avg,
      ...(amount && { rate: { perSecond: (amount[0] * 1e9) / p50, unit: amount[1] } }),
      ...(published !== undefined && { published, speedup: published / p50 }),
    };
    results.push(result);
    console.error(row(result));
  }
  console.log(JSON.stringify({ machine: on, question, results } satisfies Report));
}

function row({ name, p50, min, p99, rate, published, speedup }: Measured): string {
  const speed = rate === undefined ? "" : `  ${withPrefix(rate.perSecond)}${rate.unit}/s`;
  const original =
    speedup === undefined ? "" : `  original ${duration(published!)}: ${speedup.toFixed(1)} times as fast`;
  return `  ${name.padEnd(44)} ${duration(p50).padStart(9)} (${duration(min)} to ${duration(p99)})${speed}${original}`;
}

function duration(ns: number): string {
  for (const [unit, size] of [
    ["s", 1e9],
    ["ms", 1e6],
    ["µs", 1e3],
  ] as const) {
    if (ns >= size) return `${(ns / size).toPrecision(3)} ${unit}`;
  }
  return `${ns.toPrecision(3)} ns`;
}

function withPrefix(value: number): string {
  for (const [prefix, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)} ${prefix}`;
  }
  return `${value.toPrecision(3)} `;
}
